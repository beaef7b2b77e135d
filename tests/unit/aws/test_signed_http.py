"""Signed JSON over HTTP: which URLs are taken, what is sent, and what comes back."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from ringfence.aws.signed_http import SignedHttp, Unreachable, signed_http
from ringfence.model.errors import BadInput
from tests.support.served import served

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "https://abcdef1234.execute-api.eu-west-1.amazonaws.com"


class Server(HTTPServer):
    """Keeps what it is asked and answers with what it is told."""

    code, answer = 200, b'{"status": "complete"}'

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.asked.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(server.code)
        self.send_header("Content-Length", str(len(server.answer)))
        self.end_headers()
        self.wfile.write(server.answer)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with served(Server()) as server:
        yield server


def client(url: str) -> SignedHttp:
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret", "token")
    return SignedHttp(url, "eu-west-1", "https://sts.eu-west-1.amazonaws.com", session)


def test_a_request_is_signed_for_the_api_of_its_region(server: Server) -> None:
    assert client(server.url).post("/runs", {"dry_run": True}) == (200, {"status": "complete"})
    ((path, headers, body),) = server.asked
    assert (path, body) == ("/runs", {"dry_run": True})
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/execute-api/aws4_request" in headers["Authorization"]
    assert "secret" not in str(headers)
    assert headers["X-Amz-Security-Token"] == "token"


@pytest.mark.parametrize("answer", [b"<html>", b"", b"\xff\xfe", b"[" * 100_000])
def test_an_answer_that_is_no_json_is_none(server: Server, answer: bytes) -> None:
    server.code, server.answer = 502, answer
    assert client(server.url).post("/runs", {}) == (502, None)


def test_where_nobody_answers_it_is_unreachable_and_not_tried_twice(server: Server) -> None:
    with Server() as gone:
        url = gone.url
    with pytest.raises(Unreachable):
        client(url).post("/runs", {})
    assert not server.asked


def test_the_region_is_that_of_the_url() -> None:
    found = signed_http(f"{API}/", "", "us-east-1")
    assert (found.url, found.region) == (API, "eu-west-1")


def test_another_aws_serves_the_api_under_a_path() -> None:
    found = signed_http(f"{API}/", "http://127.0.0.1:4566/", "us-east-1")
    assert found.url == "http://127.0.0.1:4566/_aws/execute-api/abcdef1234/$default"
    assert found.region == "eu-west-1"


@pytest.mark.parametrize(
    "url", ["http://localhost:1/x", "http://127.0.0.1:1/x", "http://[::1]:1/x", "https://api.example/x"]
)
def test_a_url_without_a_region_takes_the_callers(url: str) -> None:
    assert signed_http(url, "", "us-east-1").region == "us-east-1"
    with pytest.raises(BadInput, match="AWS_REGION"):
        signed_http(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "abcdef1234",
        "ftp://example.com",
        "https://",
        "http://[",
        "http://abcdef1234.execute-api.eu-west-1.amazonaws.com",
        "http://localhost.example.com/",
        "http://127.0.0.1.example.com/",
    ],
)
def test_what_is_no_url_or_travels_in_the_clear_is_bad_input(url: str) -> None:
    with pytest.raises(BadInput) as raised:
        signed_http(url, "", "eu-west-1")
    assert raised.value.field == "--url"
