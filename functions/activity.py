"""Lambda: evaluate the rules for activity over the calls in its queue, and send what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers.live_activity_wiring import work_through

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> Event:
    """Handle messages of the queue for activity."""
    return work_through(event, context)
