"""The quick signature is botocore's, header for header, for every form of a request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import botocore.auth
import botocore.endpoint
import botocore.session
import pytest
from botocore import xform_name
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from botocore.utils import ArgumentGenerator
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.aws import signing
from ringfence.aws.signing import QuickSigV4Auth
from stacks.operations import operations
from tests.support.examples import with_bytes

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.client import BaseClient

NOW = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
OPERATIONS = operations()
TEXT = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), max_size=12)
NAMES = st.sampled_from(("Content-Type", "X-Amz-Target", "X-A", "x-a", "User-Agent", "Connection", "Host"))
SIGNED_BEFORE = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token", "Date", "X-Amz-Content-SHA256")
URLS = st.sampled_from(
    (
        "https://ec2.eu-west-1.amazonaws.com/",
        "https://ec2.eu-west-1.amazonaws.com",
        "https://EC2.eu-west-1.amazonaws.com:443/a//b/../c d/%20/~é",
        "http://127.0.0.1:4566/detector/12/findings/get",
        "http://[::1]:80/queue",
        "https://user:word@example.com:8443/x",
        "https://example.com/?b=2&a=1",
    )
)
BODIES = st.one_of(
    st.binary(max_size=20),
    st.dictionaries(
        st.text(max_size=5), st.one_of(st.text(max_size=5), st.lists(TEXT, max_size=2)), max_size=3
    ),
)
CONTEXTS: tuple[dict[str, Any], ...] = (
    {},
    {"payload_signing_enabled": True},
    {"payload_signing_enabled": False},
    {"checksum": {"request_algorithm": {"in": "trailer"}}},
)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (botocore.auth, signing):
        monkeypatch.setattr(module, "get_current_datetime", lambda: NOW)


def signed(kind: type[SigV4Auth], request: dict[str, Any], token: str | None) -> object:
    """Return everything of a request after its signature, and what is sent."""
    made = AWSRequest(request["method"], request["url"], data=request["data"], params=request["params"])
    made.context = dict(request["context"])
    for name, value in request["headers"]:
        made.headers[name] = value
    kind(Credentials("AKIDEXAMPLE", "secret", token), "ec2", "eu-west-1").add_auth(made)
    return sorted(made.headers.items()), made.context, made.data, vars(made.prepare())["body"]


def a_request(**parts: Any) -> dict[str, Any]:  # noqa: ANN401 - any part
    usual = {
        "method": "POST",
        "url": "https://a.com/",
        "data": b"x",
        "params": {},
        "headers": [],
        "context": {},
    }
    return {**usual, **parts}


REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(("POST", "GET", "put")),
        "url": URLS,
        "data": BODIES,
        "params": st.sampled_from(({}, {}, {"b": "2", "a": "ä"})),
        "headers": st.lists(st.tuples(st.one_of(NAMES, st.sampled_from(SIGNED_BEFORE)), TEXT), max_size=5),
        "context": st.sampled_from(CONTEXTS),
    }
)


@example(a_request(data={"Action": "DescribeInstances", "é": "ü"}), "token")
@example(a_request(headers=[("X-A", " two  words "), ("x-a", "again")]), None)
@example(a_request(headers=[("Authorization", "old"), ("X-Amz-Date", "old")]), "token")
@given(REQUESTS, st.sampled_from((None, "", "token", " two  words ")))
def test_the_signature_is_that_of_botocore(request: dict[str, Any], token: str | None) -> None:
    assert signed(QuickSigV4Auth, request, token) == signed(SigV4Auth, request, token)


def test_without_credentials_nothing_is_signed() -> None:
    with pytest.raises(NoCredentialsError):
        QuickSigV4Auth(None, "ec2", "eu-west-1").add_auth(AWSRequest("POST", "https://a.com/", data=b"x"))  # type: ignore[arg-type]  # botocore passes None


class Sent(Exception):
    """A request, in place of its answer."""


def client(service: str) -> BaseClient:
    """Return a client that sends nothing."""
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret", "token")
    made = session.create_client(service, "eu-west-1", config=Config(parameter_validation=False))

    def stop(request: AWSPreparedRequest, **_: object) -> None:
        raise Sent(sorted((name, str(value)) for name, value in request.headers.items()))

    made.meta.events.register("before-send", stop)
    return made


@pytest.mark.parametrize("service", OPERATIONS)
def test_every_operation_of_the_functions_is_signed_as_before(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(botocore.endpoint.uuid, "uuid4", lambda: UUID(int=0))  # type: ignore[attr-defined]  # its import
    monkeypatch.setitem(botocore.auth.AUTH_TYPE_MAPS, "v4", SigV4Auth)
    made, examples = client(service), ArgumentGenerator(use_member_names=True)
    requests = []
    for operation in OPERATIONS[service]:
        shape = made.meta.service_model.operation_model(operation).input_shape
        parameters = with_bytes(examples.generate_skeleton(shape)) if shape else {}
        found = []
        for kind in (SigV4Auth, QuickSigV4Auth):
            botocore.auth.AUTH_TYPE_MAPS["v4"] = kind
            with pytest.raises((Sent, botocore.exceptions.BotoCoreError)) as stopped:
                getattr(made, xform_name(operation))(**parameters)
            found.append(repr(stopped.value))
        assert found[0] == found[1]
        requests.append(found[0])
    assert any("AWS4-HMAC-SHA256" in one for one in requests)


def test_one_key_signs_the_requests_of_a_day_to_a_service_in_a_region() -> None:
    signing._signing_key.cache_clear()
    for _ in range(3):
        signed(QuickSigV4Auth, a_request(), "token")
    assert signing._signing_key.cache_info()[:2] == (2, 1)


def test_few_keys_are_kept() -> None:
    for number in range(100):
        signing._signing_key("secret", f"2026{number:04d}", "eu-west-1", "ec2")
        signing._canonical_url(f"https://a.com/{number}")
    assert signing._signing_key.cache_info().currsize <= 64
    assert signing._canonical_url.cache_info().currsize <= 64


def test_clients_sign_so_after_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(botocore.auth.AUTH_TYPE_MAPS, "v4", SigV4Auth)
    signer = client("sts")._request_signer  # type: ignore[attr-defined]  # the stubs lack it
    before = signer.get_auth_instance("sts", "eu-west-1", "v4")
    signing.install()
    after = signer.get_auth_instance("sts", "eu-west-1", "v4")
    assert (type(before), type(after)) == (SigV4Auth, QuickSigV4Auth)
