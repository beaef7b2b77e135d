"""The API for sent findings as a WSGI application: API Gateway before its function, without a wire."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from ringfence.handlers.sent_routes import FINDINGS
from tests.support.fakes.gateway import IAM, event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.support.fakes.sending import Sending

Json = dict[str, Any]


class FindingsGateway:
    """Serves what a fuzzer sends. Kim signs each request, so that more than the signature is tested."""

    def __init__(self, sending: Sending) -> None:
        self.sending = sending

    def __call__(self, environ: Json, start: Callable[..., object]) -> Iterable[bytes]:
        """Answer a request."""
        answer = self._answer(environ)
        body = str(answer["body"]).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start(f"{answer['statusCode']} .", headers)
        return [body]

    def _answer(self, environ: Json) -> Json:
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", FINDINGS.path):
            # API Gateway has no such route.
            return {"statusCode": 404, "body": json.dumps({"message": "Not Found"})}
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        asked = event(FINDINGS.path, "", {"iam": IAM})
        asked["body"], asked["isBase64Encoded"] = base64.b64encode(sent).decode(), True
        return self.sending.serve(asked)
