"""The operations in the bundle are those that the sources call: none is missing, none is idle.

Calls whose operation is computed are held by the law of permissions, conversation by conversation.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from botocore import xform_name

from ringfence.model.call import Permission
from stacks.function_code import FUNCTIONS, sources
from stacks.operations import (
    MADE_BY_BOTOCORE,
    OTHER_NAMES,
    SERVICES,
    operations,
    operations_of,
)
from tests.support.fakes.conversations import model

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = {(service, name) for service, names in operations().items() for name in names}
ROOMS = ("aws", "events", "handlers/outputs", "model", "observations", "remediations", "self_check", "steps")
"""Where calls are written."""
PAGES, CLIENTS = "get_paginator", frozenset({"client", "_client", "own_client"})
FOR_PEOPLE = {
    ("accessanalyzer", "GetGeneratedPolicy"),  # what a role needs, as CloudTrail recorded it
    ("accessanalyzer", "StartPolicyGeneration"),
    ("dynamodb", "Scan"),  # every item of the audit table
    ("ec2", "DescribeTags"),  # which resource has a Name tag
    ("s3", "ListObjectsV2"),  # what copies of checkpoints there are
    ("sts", "GetCallerIdentity"),  # who is at the terminal
}
"""Operations of `aws/` that the command line calls and no function does."""


@cache
def trees(room: str) -> tuple[ast.Module, ...]:
    folder = FUNCTIONS / "ringfence" / room
    found = tuple(ast.parse(path.read_text("utf-8")) for path in sources() if path.is_relative_to(folder))
    assert found, room
    return found


def nodes(*rooms: str) -> Iterator[ast.AST]:
    for room in rooms or ROOMS:
        for tree in trees(room):
            yield from ast.walk(tree)


def written_calls() -> set[tuple[str, str]]:
    """Find each `Call("service", "Operation")`."""
    found = set()
    for node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Call":
            words = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            if len(words) == len(node.args[:2]) == 2:
                found.add((str(words[0]), str(words[1])))
    return found


@cache
def client_methods() -> frozenset[str]:
    """Find each method of a client that `aws/` calls, and each that it reads page by page."""
    found = set()
    for node in nodes("aws"):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        of = node.func.value.func if isinstance(node.func.value, ast.Call) else node.func.value
        if node.func.attr == PAGES and isinstance(node.args[0], ast.Constant):
            found.add(str(node.args[0].value))
        elif ast.unparse(of).rpartition(".")[2] in CLIENTS:
            found.add(node.func.attr)
    return frozenset(found - {PAGES})


@cache
def words() -> tuple[re.Pattern[str], ...]:
    """Return every text in the sources, those with places in them as patterns.

    They are compiled here: there are more of them than `re` keeps, so each match would compile its own again.
    """
    found = set()
    for node in nodes():
        if isinstance(node, ast.JoinedStr):
            parts = (re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"\w+" for p in node.values)
            found.add("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(re.sub(r"\\\{\w*\\\}", r"\\w+", re.escape(node.value)))
    return tuple(re.compile(word) for word in sorted(found) if re.match(r"[A-Z][a-z]", word))


def test_every_call_in_the_sources_is_kept() -> None:
    assert len(written_calls()) > 50
    assert written_calls() <= KEPT


def test_every_method_of_a_client_in_the_sources_is_kept() -> None:
    methods = {xform_name(name) for _, name in KEPT | FOR_PEOPLE}
    assert {"assume_role", "query", "transact_write_items", "put_object", "publish"} <= client_methods()
    assert client_methods() <= methods


@pytest.mark.parametrize(("service", "operation"), sorted(FOR_PEOPLE))
def test_what_people_alone_call_is_not_kept(service: str, operation: str) -> None:
    assert (service, operation) not in KEPT


@pytest.mark.parametrize(("service", "operation"), sorted(KEPT))
def test_every_operation_that_is_kept_is_called(service: str, operation: str) -> None:
    by_botocore = operation in MADE_BY_BOTOCORE.get(service, ())
    by_aws = xform_name(operation) in client_methods()
    assert by_botocore or by_aws or any(word.fullmatch(operation) for word in words())


@pytest.mark.parametrize(("service", "operation"), sorted(KEPT))
def test_botocore_knows_it(service: str, operation: str) -> None:
    assert operation in model(service).operation_names


@pytest.mark.parametrize("action", sorted(OTHER_NAMES))
def test_an_action_is_listed_only_if_it_allows_more_or_other_operations_than_the_one_with_its_name(
    action: str,
) -> None:
    prefix, _, name = action.partition(":")
    service, allowed = SERVICES.get(prefix, prefix), OTHER_NAMES[action]
    assert name not in model(service).operation_names or (name in allowed and len(allowed) > 1)
    assert {(service, other) for other in allowed} <= KEPT


def test_what_is_implied_allows_no_operation_of_its_own() -> None:
    assert operations_of([Permission("iam:PassRole", ("*",), implied=True)]) == {}
