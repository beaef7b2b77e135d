"""The answer of a custom resource goes to a bucket, by TLS, without a content type."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.custom_resource import ATTEMPTS, put
from ringfence.model.errors import BadInput, Retryable
from tests.support.served import served

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = {"Status": "SUCCESS", "PhysicalResourceId": "arn"}
SIGNED = "X-Amz-Signature=secret"


class Server(HTTPServer):
    """Answers with the given status codes, the last one for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.codes = [200]
        self.asked: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/answer?{SIGNED}"


class Handler(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.asked.append((self.path, self.headers["Content-Type"], body))
        self.send_response(server.codes.pop(0) if len(server.codes) > 1 else server.codes[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with served(Server()) as server:
        yield server


def test_the_signed_url_gets_the_document_without_a_content_type(server: Server) -> None:
    put(server.url, ANSWER, server.url)
    ((path, content_type, body),) = server.asked
    assert (path, content_type) == (f"/answer?{SIGNED}", "")
    assert json.loads(body) == ANSWER


def test_a_failure_is_tried_again(server: Server) -> None:
    server.codes = [503, 200]
    put(server.url, ANSWER, server.url)
    assert len(server.asked) == 2


def test_an_answer_that_is_never_taken_is_retryable_and_the_error_does_not_show_the_signature(
    server: Server,
) -> None:
    server.codes = [403]
    with pytest.raises(Retryable, match="status 403") as refused:
        put(server.url, ANSWER, server.url)
    assert len(server.asked) == ATTEMPTS
    with pytest.raises(Retryable) as unreached:
        put(f"http://127.0.0.1:1/x?{SIGNED}", ANSWER, server.url)
    assert "secret" not in f"{refused.value} {unreached.value}"


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://cloudformation.s3.eu-west-1.amazonaws.com/x", ""),
        ("http://127.0.0.1:9001/x", ""),
        ("http://127.0.0.1:9001/x", "https://vpce.amazonaws.com"),
        ("https://example.com/x", ""),
        ("https://bucket.s3.amazonaws.com.example.com/x", ""),
        ("https://bucket.s3.eu-west-1.amazonaws.com@example.com/x", ""),
        ("https://sts.amazonaws.com/x", ""),
        ("file:///etc/passwd", ""),
        ("https://[::1", ""),
        ("", ""),
    ],
)
def test_any_other_url_is_refused_before_a_request(url: str, endpoint: str) -> None:
    with pytest.raises(BadInput) as error:
        put(url, ANSWER, endpoint)
    assert error.value.field == "ResponseURL"
