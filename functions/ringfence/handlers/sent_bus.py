"""Accept the findings that arrive on Ringfence's own bus, through its queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.envelope import WHOLE, Envelope, parse_json
from ringfence.events.fields import account, formatted
from ringfence.events.sent.form import DETAIL_TYPE
from ringfence.handlers import wiring
from ringfence.handlers.queue import execution_of, hidden, work_off
from ringfence.handlers.sent_wiring import sent_findings
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import FINDINGS_BUS, PREFIX

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.engine.again import Again
    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.findings import Event
    from ringfence.handlers.proof import Proof


def work_through(event: Event, context: LambdaContext) -> Event:
    """Handle the messages of the queue. Return those that must be retried."""
    settings = wiring.settings()
    execution = execution_of(context, f"{PREFIX}{FINDINGS_BUS}", wiring.now())
    return work_off(event, execution, work, wiring.source(settings.queue_url, hidden(context)))


def work(body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
    """Accept one event of the bus. Raises BadInput, Forged and Retryable."""
    proof.check()
    event = Envelope.of(parse_json(body))
    if event.detail_type != DETAIL_TYPE:
        raise BadInput("detail-type", f"must be {DETAIL_TYPE}", formatted(event.detail_type))
    if not event.document.has("detail"):
        raise BadInput(WHOLE, "must have a detail: the finding")
    sender = account(event.document, "account")
    sent_findings().by_bus(sender, event.document.value["detail"], execution)
    return ()
