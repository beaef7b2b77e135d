"""Buttons in chat: carry a person's answer to the operators' API, for the role that may invoke the function.

Lambda does not tell a function who invoked it. The function's policy lets only one role invoke it. So IAM
proves that a member of this role pressed the button, or typed what the button types. It does not prove which
member, nor in which channel. The operators' function applies all rules: who may approve, how many, the digest
of the plan, and the expiry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ringfence.handlers.logs import logger
from ringfence.handlers.operator_answers import OK, code_of
from ringfence.handlers.operator_types import ANSWERS as TO_ANSWER
from ringfence.handlers.operator_types import PAUSES
from ringfence.handlers.proof import report_forged
from ringfence.model.document import Document
from ringfence.model.errors import Forged, Retryable
from ringfence.model.incident import INCIDENT_ID
from ringfence.record.notices.chat import ANSWERS, HOLD

if TYPE_CHECKING:
    from collections.abc import Mapping

HELD_FOR = 2 * 3600
"""Seconds for which the button to hold pauses an incident."""
REASON = "a button in chat: IAM proves the role, not the person"
_PLAN = re.compile(
    rf"(?P<incident>{INCIDENT_ID.pattern})/(?P<approval>[A-Za-z0-9-]{{1,64}})/(?P<plan>[0-9a-f]{{64}})"
)


class Http(Protocol):
    """Sends a document with POST."""

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        """Return the status code and the response document. Raises Retryable without a response."""
        ...


@dataclass(frozen=True)
class Buttons:
    """Answers the buttons. `offered` are those that the deployment has."""

    http: Http
    offered: tuple[str, ...]

    def pressed(self, event: object) -> dict[str, str]:
        """Handle one invocation. Return words for the person: what follows, or why it is refused."""
        try:
            button, path, body = request_of(event, self.offered)
        except Forged as error:
            report_forged(error)
            return {"refused": str(error)}
        try:
            code, answer = self.http.post(path, body)
        except Retryable as error:
            logger().warning("no answer", extra={"button": button, "error": str(error)})
            return {"failed": "Ringfence did not answer. Press the button again."}
        return _told(button, code, answer)


def request_of(event: object, offered: tuple[str, ...]) -> tuple[str, str, dict[str, object]]:
    """Return the button, the path and the request of what a button sends. Raises Forged for anything else."""
    if not isinstance(event, dict) or len(event) != 1:
        raise Forged("the input must be that of one button")
    ((button, value),) = event.items()
    if button not in ANSWERS or button not in offered or not isinstance(value, str):
        raise Forged(f"the input must be that of a button; the buttons are {', '.join(offered)}")
    if button == HOLD:
        if not INCIDENT_ID.fullmatch(value):
            raise Forged("the input must name an incident")
        return button, PAUSES, {"incident": value, "seconds": HELD_FOR, "reason": REASON}
    named = _PLAN.fullmatch(value)
    if named is None:
        raise Forged("the input must name an incident, an approval and a plan")
    return button, TO_ANSWER, {**named.groupdict(), "answer": button, "reason": REASON}


def _told(button: str, code: int, answer: object) -> dict[str, str]:
    """Return the answer of the API in words."""
    document = Document.of(answer if isinstance(answer, dict) else {})
    if code == OK:
        if button == HOLD:
            return {"held": document.optional_child("pause").optional_text("words") or "yes"}
        return {"status": document.optional_text("status") or "", "missing": f"{document.integer('missing')}"}
    why = document.optional_child("error").optional_text("message") or f"the API answered {code}"
    logger().warning("refused", extra={"button": button, "code": code, "why": why})
    if code == code_of("retry"):
        return {"failed": f"{why}. Press the button again."}
    return {"refused": why}
