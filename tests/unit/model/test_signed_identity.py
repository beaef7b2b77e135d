"""Which proofs of identity are read, for how long they are valid, and whom an answer of STS names."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ringfence.model.errors import Forged, Retryable
from ringfence.model.signed_identity import (
    AHEAD,
    EXPIRES,
    LONGEST_HEADER,
    SignedIdentity,
    arn_in,
    request_digest,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GIVEN = {
    "nonce": "0" * 32,
    "key": "ASIAIOSFODNN7EXAMPLE",
    "date": "20260301T120000Z",
    "token": "IQoJb3JpZ2luX2VjEA+/=",
    "signature": "ab" * 32,
}
KNOWN = SignedIdentity(**GIVEN)
ACCOUNT = "111122223333"
ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/oncall/kim"


def test_a_proof_is_read_back_from_its_header() -> None:
    assert SignedIdentity.of(KNOWN.header) == KNOWN
    without = replace(KNOWN, token="")
    assert SignedIdentity.of(without.header) == without


def changed(**fields: object) -> str:
    return json.dumps({**GIVEN, **fields})


FORGERIES: dict[str, str] = {
    "nothing": "",
    "no JSON": "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity",
    "a list": "[]",
    "deep": "[" * 5000,
    "a field is missing": json.dumps({name: value for name, value in GIVEN.items() if name != "token"}),
    "another action": changed(Action="GetSessionToken"),
    "another host": changed(host="sts.example.com"),
    "another region": changed(region="us-east-1"),
    "another method": changed(method="POST"),
    "more headers": changed(headers={"x-ringfence-request": "0" * 64}),
    "other signed headers": changed(**{"X-Amz-SignedHeaders": "host"}),
    "a longer life": changed(**{"X-Amz-Expires": "604800"}),
    "a field of another case": changed(Signature="ab" * 32),
    "a repeated field": changed()[:-1] + ', "signature": "' + "cd" * 32 + '"}',
    "a repeated field in another spelling": changed()[:-1] + ', "signatur\\u0065": "' + "cd" * 32 + '"}',
    "a parameter in the key": changed(key="ASIAIOSFODNN7EXAMPLE&Action=GetSessionToken"),
    "a scope in the key": changed(key="ASIAIOSFODNN7EXAMPLE/20260301/us-east-1/iam"),
    "a line in the key": changed(key="ASIAIOSFODNN7EXAMPLE\r\nhost: example.com"),
    "a line after the key": changed(key="ASIAIOSFODNN7EXAMPLE\n"),
    "a digit that is none": changed(key="ASIAIOSFODNN7EXAMPL\u0663"),
    "no key": changed(key=""),
    "a date with an offset": changed(date="20260301T120000+0000"),
    "a date of other digits": changed(date="\u0662\u0660260301T120000Z"),
    "a date that is a number": changed(date=20260301),
    "a signature in capitals": changed(signature="AB" * 32),
    "a short signature": changed(signature="ab"),
    "a parameter after the signature": changed(signature="ab" * 32 + "&X-Amz-Expires=604800"),
    "a line in the token": changed(token="a\nb"),
    "a parameter in the token": changed(token="a&b=c"),
    "no token at all": changed(token=None),
    "a nonce of another length": changed(nonce="0" * 31),
    "too long": changed(token="a" * LONGEST_HEADER),
}


@pytest.mark.parametrize("header", FORGERIES.values(), ids=FORGERIES)
def test_what_is_not_exactly_a_proof_is_refused(header: str) -> None:
    with pytest.raises(Forged):
        SignedIdentity.of(header)


def test_all_but_the_callers_parts_is_constant() -> None:
    """A caller chooses neither action nor host, nor method, nor signed headers, nor how long it is valid."""
    query = dict(KNOWN.query("eu-west-1"))
    assert len(query) == len(KNOWN.query("eu-west-1"))
    assert query == {
        "Action": "GetCallerIdentity",
        "Version": "2011-06-15",
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": "ASIAIOSFODNN7EXAMPLE/20260301/eu-west-1/sts/aws4_request",
        "X-Amz-Date": "20260301T120000Z",
        "X-Amz-Expires": "60",
        "X-Amz-Security-Token": "IQoJb3JpZ2luX2VjEA+/=",
        "X-Amz-SignedHeaders": "host;x-ringfence-request",
        "X-Amz-Signature": "ab" * 32,
    }
    assert "X-Amz-Security-Token" not in dict(replace(KNOWN, token="").query("eu-west-1"))


@pytest.mark.parametrize("seconds", [-AHEAD, 0, EXPIRES])
def test_a_proof_is_valid_for_a_minute(seconds: int) -> None:
    KNOWN.check_time(NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-86400, -AHEAD - 1, EXPIRES + 1, 900, 10**8])
def test_before_and_after_it_is_refused_and_the_age_is_named(seconds: int) -> None:
    with pytest.raises(Forged, match=f"signed {seconds} s ago"):
        KNOWN.check_time(NOON + timedelta(seconds=seconds))


def test_a_date_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Forged, match="date"):
        replace(KNOWN, date="20260231T120000Z").check_time(NOON)


def test_each_part_of_a_request_changes_its_digest() -> None:
    known = request_digest("/runs", b"{}", "0" * 32)
    others = {
        request_digest("/releases", b"{}", "0" * 32),
        request_digest("/runs", b"{ }", "0" * 32),
        request_digest("/runs", b"{}", "1" * 32),
    }
    assert len(others - {known}) == 3


def answered(**fields: object) -> bytes:
    found = {"Account": ACCOUNT, "Arn": ARN, "UserId": "AROA:kim", **fields}
    return json.dumps({"GetCallerIdentityResponse": {"GetCallerIdentityResult": found}}).encode()


def test_the_arn_is_that_of_sts() -> None:
    assert arn_in(200, answered(), ACCOUNT) == ARN


def test_a_caller_of_another_account_is_refused() -> None:
    """Otherwise who runs another deployment could send here what operators signed for it."""
    other = answered(Account="999999999999", Arn="arn:aws:sts::999999999999:assumed-role/oncall/kim")
    with pytest.raises(Forged, match="999999999999"):
        arn_in(200, other, ACCOUNT)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_sts_does_not_accept_is_refused(status: int) -> None:
    with pytest.raises(Forged, match=str(status)):
        arn_in(status, b'{"Error": {"Code": "SignatureDoesNotMatch", "Message": "Throttling"}}', ACCOUNT)


UNKNOWN: list[tuple[int, bytes]] = [
    (400, b'{"Error": {"Code": "Throttling"}}'),
    (429, b'{"Error": {"Code": "TooManyRequestsException"}}'),
    (500, b""),
    (503, b"<html>"),
    (301, answered()),
    (302, answered()),
    (204, b""),
    (200, b""),
    (200, b"<GetCallerIdentityResponse/>"),
    (200, b"[" * 100_000),
    (200, b"{}"),
    (200, json.dumps({"GetCallerIdentityResponse": {"GetCallerIdentityResult": [ARN]}}).encode()),
    (200, answered(Arn=None)),
    (200, answered(Arn="kim")),
    (200, answered(Arn=f"{ARN}\n")),
    (200, answered(Arn=f"{ARN} or the ciso")),
    (200, answered(Arn="arn:aws:sts::999999999999:assumed-role/oncall/kim")),
    (200, answered(Account=int(ACCOUNT))),
]


@pytest.mark.parametrize(("status", "answer"), UNKNOWN)
def test_what_names_nobody_lets_the_caller_try_again(status: int, answer: bytes) -> None:
    with pytest.raises(Retryable):
        arn_in(status, answer, ACCOUNT)
