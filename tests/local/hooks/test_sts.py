"""The local STS verifies presigned calls of GetCallerIdentity, and answers with JSON if it is asked to."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import pytest
from botocore.credentials import Credentials

from ringfence.aws.identity import Sts, signed_identity
from ringfence.model.errors import Forged
from ringfence.model.signed_identity import SIGNED_HEADER, SignedIdentity, request_digest

if TYPE_CHECKING:
    from ringfence.local import LocalAws


@pytest.fixture(scope="module")
def kim(aws: LocalAws) -> Credentials:
    iam = aws.client("iam")
    iam.create_user(UserName="kim-signs")
    key = iam.create_access_key(UserName="kim-signs")["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def signed(aws: LocalAws, keys: Credentials) -> SignedIdentity:
    return signed_identity(keys.get_frozen_credentials(), aws.region, aws.endpoint, "/runs", b"{}")


def digest(identity: SignedIdentity, body: bytes = b"{}") -> str:
    return request_digest("/runs", body, identity.nonce)


def test_who_signed_is_named(aws: LocalAws, kim: Credentials) -> None:
    identity = signed(aws, kim)
    arn = Sts(aws.endpoint, aws.region).arn(identity, digest(identity), aws.account)
    assert arn == f"arn:aws:iam::{aws.account}:user/kim-signs"


def test_a_session_signs_with_its_token(aws: LocalAws) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": aws.account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.client("iam").create_role(RoleName="on-call-signs", AssumeRolePolicyDocument=document)["Role"]
    given = aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="kim")["Credentials"]
    keys = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    identity = signed(aws, keys)
    arn = Sts(aws.endpoint, aws.region).arn(identity, digest(identity), aws.account)
    assert arn == f"arn:aws:sts::{aws.account}:assumed-role/on-call-signs/kim"
    with pytest.raises(Forged):
        Sts(aws.endpoint, aws.region).arn(replace(identity, token=""), digest(identity), aws.account)


def test_a_signature_by_another_secret_or_for_another_request_is_refused(
    aws: LocalAws, kim: Credentials
) -> None:
    made_up = signed(aws, Credentials(kim.access_key, "guessed"))
    with pytest.raises(Forged, match="403"):
        Sts(aws.endpoint, aws.region).arn(made_up, digest(made_up), aws.account)
    identity = signed(aws, kim)
    with pytest.raises(Forged, match="403"):
        Sts(aws.endpoint, aws.region).arn(identity, digest(identity, b"[]"), aws.account)


def test_a_presigned_call_of_long_ago_is_refused(aws: LocalAws, kim: Credentials) -> None:
    from ringfence.local.hooks.sts import signature

    identity = replace(signed(aws, kim), date="20200101T000000Z")
    query: dict[str, Any] = dict(identity.query(aws.region))
    host = aws.endpoint.partition("://")[2]
    query["X-Amz-Signature"] = signature(kim.secret_key, {"host": host, SIGNED_HEADER: "0"}, query)
    call = Request(  # noqa: S310 - the local AWS
        f"{aws.endpoint}/?{urlencode(query, quote_via=quote)}", headers={SIGNED_HEADER: "0"}
    )
    with pytest.raises(HTTPError) as refused:
        urlopen(call)  # noqa: S310 - likewise
    assert json.load(refused.value)["Error"]["Code"] == "ExpiredToken"


def test_clients_are_answered_as_before(aws: LocalAws) -> None:
    assert aws.client("sts").get_caller_identity()["Account"] == aws.account
