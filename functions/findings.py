"""Lambda: accept findings of one's own systems, by the API (`handler`) and on the bus (`from_bus`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.handlers import wiring
from ringfence.handlers.sent_bus import work_through
from ringfence.handlers.sent_http import serve
from ringfence.handlers.sent_wiring import caller_check, sent_findings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Serve one request."""
    return serve(sent_findings(), caller_check(), wiring.now, event, context)


def from_bus(event: Event, context: LambdaContext) -> Event:
    """Accept the findings in the queue of the bus."""
    return work_through(event, context)
