"""Accept the findings that a customer's own systems send, by the API or on the bus.

Each finding is read, compared with the policy's `senders`, sealed together with its sender, and passed to the
intake. Each one is answered by itself: one that is wrong does not stop the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.events.fields import instant, not_ahead
from ringfence.events.sent.form import MOST_FINDINGS, finding_of
from ringfence.events.sent.ocsf import from_ocsf, is_ocsf
from ringfence.events.sent.parser import finding_from
from ringfence.events.sent.sealed import Sent, Way
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_answers import code_of, error_answer
from ringfence.handlers.operator_types import Forbidden, request_document
from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput, InternalError, Retryable, RingfenceError
from ringfence.policy.senders import refusal
from ringfence.record.deployment_facts import FindingRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.operator_answers import Answer
    from ringfence.policy.policy import Policy
    from ringfence.record.seal import SealKeys

ACCEPTED, SEVERAL = 202, 207
BODY = "findings"
"""The only field of a request."""


class NotLetIn(Forbidden):
    """The policy refuses a finding. `field` and `value` are those that it does not allow."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(f"{field}: {ascii(value)[1:-1][:200]} {reason}")
        self.field = field


@dataclass(frozen=True)
class SentFindings:
    """Accepts findings.

    `keys` are the keys of the seals. `send` passes a message to the intake, and `record` records a refusal.
    """

    policy: Policy
    keys: Callable[[], SealKeys]
    send: Callable[[str], None]
    record: Callable[[FindingRefused, ExecutionContext], bool]

    def by_api(self, body: object, execution: ExecutionContext) -> tuple[int, Answer]:
        """Return the status code and the answer to a request. The actor is the sender, whom STS named.

        Raises BadInput if the request is no list of findings.
        """
        given = request_document(body, BODY).items(BODY)
        if not 1 <= len(given) <= MOST_FINDINGS:
            raise BadInput(BODY, f"must be a list of 1 to {MOST_FINDINGS} findings")
        results = [self._answered(one, number, execution) for number, one in enumerate(given)]
        codes = {one["status"] for one in results}
        return (int(str(codes.pop())) if len(codes) == 1 else SEVERAL), {"results": results}

    def by_bus(self, account: str, detail: object, execution: ExecutionContext) -> None:
        """Accept the detail of an event on the bus. EventBridge names the account that sent it.

        A refusal is recorded, and is no error: the sender gets no answer. Raises BadInput and Retryable.
        """
        try:
            self._accept(detail, "detail", Way.BUS, account, execution)
        except NotLetIn as error:
            logger().warning("refused", extra={"sender": account, "why": str(error)})

    def _answered(self, given: object, number: int, execution: ExecutionContext) -> Answer:
        path = f"{BODY}[{number}]"
        try:
            accepted = self._accept(given, path, Way.API, execution.actor, execution)
        except InternalError:
            raise
        except RingfenceError as error:
            described = error_answer(error)
            if isinstance(error, NotLetIn):
                described = {**described, "field": error.field}
            logger().warning("not accepted", extra={"sender": execution.actor, "why": described})
            return {"index": number, "status": code_of(described["kind"]), "error": described}
        return {"index": number, "status": ACCEPTED, "finding": accepted}

    def _accept(self, given: object, path: str, way: Way, sender: str, execution: ExecutionContext) -> str:
        """Pass on one finding. Return its id in Ringfence. Raises BadInput, NotLetIn and Retryable."""
        document = from_ocsf(given, path) if is_ocsf(given) else finding_of(given, path)
        now = execution.circumstances.now
        if now is None:
            raise InternalError("a finding is accepted at some time")
        not_ahead(instant(document, "updated_at"), now, f"{path}.updated_at")
        sent = Sent(way, sender, now, document)
        finding = finding_from(sent)
        if refused := refusal(self.policy.senders, finding):
            fact = FindingRefused(
                sender, way.value, refused.field, refused.value, refused.reason, finding.id, finding.type
            )
            self.record(fact, execution)
            raise NotLetIn(f"{path}.{refused.field}", refused.value, refused.reason)
        if outside := next(filter(None, map(self.policy.outside, finding.resources)), ""):
            raise BadInput(f"{path}.subjects", outside)
        self.send(canonical(self._sealed(sent)))
        return finding.id

    def _sealed(self, sent: Sent) -> object:
        keys = self.keys()
        if not keys.keys:
            raise Retryable(f"the sender cannot be sealed now: {keys.missing}")
        return sent.event(keys.keys[0].sent_mac(sent.covered))
