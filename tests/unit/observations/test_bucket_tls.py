"""Which policies require TLS, and what merging a statement into one leaves as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from ringfence.observations.s3.documents import parsed, same, statements, written
from ringfence.observations.s3.tls import (
    SID,
    free_sid,
    has_statement,
    requires_tls,
    tls_statement,
    with_tls,
    without_tls,
)
from tests.support.strategies.buckets import policies

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "shop-pictures"
ARN = f"arn:aws:s3:::{NAME}"


def deny(**parts: object) -> dict[str, object]:
    return {**tls_statement(NAME), **parts}


def policy(*found: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(found)}


@pytest.mark.parametrize(
    "document",
    [
        policy(deny()),
        {"Statement": deny()},
        policy(deny(Principal={"AWS": "*"})),
        policy(deny(Principal={"AWS": ["*"], "Service": "x"})),
        policy(deny(Action="*")),
        policy(deny(Action=["S3:*", "sns:Publish"])),
        policy(deny(Resource="*")),
        policy(deny(Resource=f"{ARN}*")),
        policy(deny(Resource=ARN), deny(Sid="objects", Resource=f"{ARN}/*")),
        policy(deny(Condition={"Bool": {"AWS:SecureTransport": False}})),
        policy(deny(Condition={"BoolIfExists": {"aws:securetransport": ["false"]}})),
    ],
    ids=lambda one: json.dumps(one)[40:120],
)
def test_such_policies_require_tls(document: Mapping[str, object]) -> None:
    assert requires_tls(document, NAME)


@pytest.mark.parametrize(
    "document",
    [
        None,
        policy(),
        policy(deny(Effect="Allow")),
        policy(deny(Principal={"AWS": "111122223333"})),
        policy({**deny(), "NotPrincipal": {"AWS": "111122223333"}, "Principal": None}),
        policy(deny(Action=["s3:GetObject", "s3:PutObject"])),
        policy(deny(Resource=ARN)),
        policy(deny(Resource=f"{ARN}/*")),
        policy(deny(Resource=[ARN, f"{ARN}/public/*"])),
        policy(deny(Resource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"])),
        policy(deny(Resource=[f"{ARN}[ab]", f"{ARN}/*"])),
        policy(deny(Condition={"Bool": {"aws:SecureTransport": "true"}})),
        policy(deny(Condition={"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}})),
        policy(
            deny(
                Condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "StringLike": {"aws:Referer": "*"},
                }
            )
        ),
        policy(deny(Condition={"NumericLessThan": {"s3:TlsVersion": 1.2}})),
        policy(deny(Condition={})),
        policy({name: one for name, one in deny().items() if name != "Condition"} | {"Condition": None}),
        policy("text", 7, None),
    ],
    ids=lambda one: json.dumps(one)[40:120],
)
def test_such_policies_do_not(document: Mapping[str, object] | None) -> None:
    assert not requires_tls(document, NAME)


@given(document=policies())
def test_merging_requires_tls_and_keeps_every_part_of_the_document(document: dict[str, object]) -> None:
    sid = free_sid(document)
    merged = with_tls(document, NAME, sid)
    assert requires_tls(merged, NAME)
    assert has_statement(merged, NAME, sid)
    back = without_tls(merged, NAME, sid)
    assert back
    assert same(list(statements(back)), list(statements(document)))
    assert {**back, "Statement": 0} == {**document, "Statement": 0}


@given(document=policies())
def test_a_document_survives_being_written_and_read(document: dict[str, object]) -> None:
    assert parsed(written(document)) == document


@given(document=policies())
def test_our_statement_takes_nobodys_id(document: dict[str, object]) -> None:
    taken = {one.get("Sid") for one in statements(document) if isinstance(one, dict)}
    assert free_sid(document) not in taken


def test_where_there_was_no_policy_ours_is_all_of_it_and_nothing_is_left_without_it() -> None:
    made = with_tls(None, NAME, SID)
    assert made == policy(tls_statement(NAME))
    assert without_tls(made, NAME, SID) is None


def test_a_statement_that_somebody_changed_is_theirs() -> None:
    theirs = deny(Resource=ARN)
    document = policy(theirs)
    assert not has_statement(document, NAME, SID)
    assert without_tls(document, NAME, SID) == document
    assert free_sid(document) == f"{SID}2"
