"""An HTTP API as a WSGI application: API Gateway before its function, without a wire."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.fakes.gateway import IAM, event

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

Json = dict[str, Any]


@dataclass(frozen=True)
class WsgiGateway:
    """Serves what a fuzzer sends to the routes. `serve` has Kim sign it, so that more is tested than that."""

    paths: Collection[str]
    serve: Callable[[Json], Json]

    def __call__(self, environ: Json, start: Callable[..., object]) -> Iterable[bytes]:
        """Answer a request."""
        answer = self._answer(environ)
        body = str(answer["body"]).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start(f"{answer['statusCode']} .", headers)
        return [body]

    def _answer(self, environ: Json) -> Json:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "POST" or path not in self.paths:
            # API Gateway has no such route.
            return {"statusCode": 404, "body": json.dumps({"message": "Not Found"})}
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        asked = event(path, "", {"iam": IAM})
        asked["body"], asked["isBase64Encoded"] = base64.b64encode(sent).decode(), True
        return self.serve(asked)
