"""Proofs of identity: what is signed, how STS is asked, and that each proof is used once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.credentials import Credentials
from moto import mock_aws

from ringfence.aws.identity import KEPT, Sts, UsedProofs, signed_identity, sts_endpoint
from ringfence.local.hooks.sts import signature
from ringfence.model.errors import Forged, ProofSlotTaken, Retryable
from ringfence.model.signed_identity import EXPIRES, SIGNED_HEADER, SignedIdentity, request_digest
from tests.support.fakes.audit_home import CONTROL, tables
from tests.support.served import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

REGION, ACCOUNT = "eu-west-1", "111122223333"
KEYS = Credentials("ASIAIOSFODNN7EXAMPLE", "kims-secret", "kims/token+==")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/oncall/kim"


class Server(HTTPServer):
    """Keeps what it is asked and answers with what it is told."""

    code, location = 200, ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        found = {"Account": ACCOUNT, "Arn": ARN, "UserId": "AROA:kim"}
        body = json.dumps({"GetCallerIdentityResponse": {"GetCallerIdentityResult": found}}).encode()
        self.send_response(server.code)
        if server.location:
            self.send_header("Location", server.location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with served(Server()) as server:
        yield server


def identity(endpoint: str, path: str = "/runs", body: bytes = b"{}") -> SignedIdentity:
    return signed_identity(KEYS.get_frozen_credentials(), REGION, endpoint, path, body)


def test_the_call_to_sts_is_the_one_that_was_signed_with_the_requests_digest(server: Server) -> None:
    signed = identity(server.url)
    digest = request_digest("/runs", b"{}", signed.nonce)
    assert Sts(server.url, REGION).arn(signed, digest, ACCOUNT) == ARN
    ((target, headers),) = server.asked
    assert headers[SIGNED_HEADER] == digest
    query = dict(parse_qsl(urlsplit(target).query, strict_parsing=True))
    assert urlsplit(target).path == "/"
    assert query == dict(signed.query(REGION))
    assert query["X-Amz-Signature"] == signature(KEYS.secret_key, headers, query)
    assert KEYS.secret_key not in str(server.asked)


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(server: Server, code: int) -> None:
    with Server() as elsewhere:
        server.code, server.location = code, f"{elsewhere.url}/"
        with pytest.raises(Retryable):
            Sts(server.url, REGION).arn(identity(server.url), "0" * 64, ACCOUNT)
        assert not elsewhere.asked
    assert len(server.asked) == 1


def test_the_error_of_a_call_without_answer_does_not_contain_the_token() -> None:
    with Server() as gone:
        url = gone.url
    with pytest.raises(Retryable) as raised:
        Sts(url, REGION).arn(identity(url), "0" * 64, ACCOUNT)
    assert "token" not in str(raised.value)


@pytest.mark.parametrize(
    ("override", "endpoint"),
    [
        ("", "https://sts.eu-west-1.amazonaws.com"),
        ("http://127.0.0.1:4566/", "http://127.0.0.1:4566"),
        ("https://sts.example.com", "https://sts.eu-west-1.amazonaws.com"),
        ("http://127.0.0.1.example.com", "https://sts.eu-west-1.amazonaws.com"),
        ("http://127.0.0.1@example.com", "https://sts.eu-west-1.amazonaws.com"),
    ],
)
def test_the_endpoint_is_that_of_the_region_or_on_this_machine(override: str, endpoint: str) -> None:
    assert sts_endpoint(REGION, override) == endpoint


@pytest.fixture
def used() -> Iterator[UsedProofs]:
    with mock_aws():
        client: DynamoDBClient = tables()
        yield UsedProofs(client, CONTROL)


KNOWN = SignedIdentity("0" * 32, "ASIAIOSFODNN7EXAMPLE", "20260301T120000Z", "", "ab" * 32)


def test_a_proof_is_used_once(used: UsedProofs) -> None:
    used.use(KNOWN, NOON)
    used.use(replace(KNOWN, signature="cd" * 32), NOON)
    for seconds in (0, 30, KEPT.total_seconds()):
        with pytest.raises(Forged, match="used up"):
            used.use(KNOWN, NOON + timedelta(seconds=seconds))


def test_a_proof_is_remembered_for_longer_than_it_is_valid() -> None:
    assert KEPT.total_seconds() > 2 * EXPIRES


def test_a_slot_is_used_again_later_and_the_table_does_not_grow(used: UsedProofs) -> None:
    first, second = sharing_a_slot()
    used.use(first, NOON)
    with pytest.raises(ProofSlotTaken):
        used.use(second, NOON + timedelta(seconds=1))
    used.use(second, NOON + KEPT + timedelta(seconds=1))
    assert used.client.scan(TableName=CONTROL)["Count"] == 1


def sharing_a_slot() -> tuple[SignedIdentity, SignedIdentity]:
    """Return two proofs whose signatures have digests with the same beginning."""
    seen: dict[str, SignedIdentity] = {}
    for number in range(100_000):
        one = replace(KNOWN, signature=f"{number:064x}")
        slot = hashlib.sha256(one.signature.encode()).hexdigest()[:3]
        if slot in seen:
            return seen[slot], one
        seen[slot] = one
    raise AssertionError


def test_where_the_table_does_not_answer_the_proof_counts_as_unknown(used: UsedProofs) -> None:
    missing: Any = replace(used, table="another")
    with pytest.raises(Retryable):
        missing.use(KNOWN, NOON)
