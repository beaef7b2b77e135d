"""Send findings to the API for findings, and read its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers.operator_answers import raise_answer
from ringfence.handlers.sent_findings import BODY
from ringfence.handlers.sent_routes import FINDINGS
from ringfence.model.document import Document
from ringfence.model.errors import Refused, Retryable

if TYPE_CHECKING:
    from ringfence.aws.signed_http import SignedHttp

_THROTTLED, _FAILED = 429, 500
"""The code with which an HTTP API throttles, and the least one that says that the API failed.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
"""


def sent(http: SignedHttp, given: tuple[object, ...]) -> tuple[Document, ...]:
    """Send findings, and return the result of each. Raises the error of the whole request."""
    code, answer = http.post(FINDINGS.path, {BODY: list(given)})
    document = Document.of(answer if isinstance(answer, dict) else {})
    if document.has("results"):
        return tuple(document.children("results"))
    if document.has("error"):
        raise_answer(document.child("error").value)
    message = f"the API answered {code}: {document.optional_text('message') or 'no message'}"
    passes = code == _THROTTLED or code >= _FAILED
    raise Retryable(message) if passes else Refused(message)
