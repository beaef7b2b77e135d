"""Environments initialized before any event: those of functions that contain, where the context says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.runbooks.catalogue import CATALOGUE
from stacks.names import RESPONSE_STACK
from tests.support.synthesis import Template, synthesize_without_code, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALIAS, FUNCTION, VERSION = "AWS::Lambda::Alias", "AWS::Lambda::Function", "AWS::Lambda::Version"
CONTAINING = {f"ringfence-{one.id}" for one in CATALOGUE.values() if not one.closes_when_complete}
HARDENING = {f"ringfence-{one.id}" for one in CATALOGUE.values() if one.closes_when_complete}


@pytest.fixture(scope="module")
def provisioned(tmp_path_factory: pytest.TempPathFactory) -> Template:
    out = tmp_path_factory.mktemp("cdk.out")
    return synthesize_without_code(out, replace(told(), provisioned_concurrency=2))[RESPONSE_STACK]


def first_invoked(template: Template) -> Iterator[tuple[str, Any]]:
    """Yield what each runbook's first queue invokes, with the name of the function behind it."""
    functions = {id_: one["Properties"]["FunctionName"] for id_, one in template.all(FUNCTION).items()}
    aliases = {id_: one["Properties"]["FunctionName"]["Ref"] for id_, one in template.all(ALIAS).items()}
    for mapping in template.all("AWS::Lambda::EventSourceMapping").values():
        invoked = mapping["Properties"]["FunctionName"]["Ref"]
        yield functions[aliases.get(invoked, invoked)], invoked


def test_none_is_unless_the_context_says_so(response: Template) -> None:
    assert not response.all(ALIAS)
    assert not response.all(VERSION)


def test_what_is_reserved_is_reserved_for_containment_alone(tmp_path: Path) -> None:
    given = replace(told(), reserved_concurrency=25)
    functions = synthesize_without_code(tmp_path, given)[RESPONSE_STACK].all(FUNCTION).values()
    reserved = {
        one["Properties"]["FunctionName"]: one["Properties"]["ReservedConcurrentExecutions"]
        for one in functions
        if "ReservedConcurrentExecutions" in one["Properties"]
    }
    assert reserved == dict.fromkeys(CONTAINING, 25)


def test_both_kinds_of_runbook_are_there() -> None:
    assert CONTAINING
    assert HARDENING


def test_the_queue_of_a_containing_runbook_invokes_the_alias(provisioned: Template) -> None:
    aliases = provisioned.all(ALIAS)
    through = {name for name, invoked in first_invoked(provisioned) if invoked in aliases}
    assert through == CONTAINING
    assert {name for name, _ in first_invoked(provisioned)} >= HARDENING


def test_as_many_environments_as_asked_for_are_initialized(provisioned: Template) -> None:
    for alias in provisioned.all(ALIAS).values():
        given = alias["Properties"]["ProvisionedConcurrencyConfig"]
        assert given == {"ProvisionedConcurrentExecutions": 2}


def test_the_alias_is_of_a_version_of_the_same_function(provisioned: Template) -> None:
    versions = provisioned.all(VERSION)
    for alias in provisioned.all(ALIAS).values():
        version, _ = alias["Properties"]["FunctionVersion"]["Fn::GetAtt"]
        assert versions[version]["Properties"]["FunctionName"] == alias["Properties"]["FunctionName"]
