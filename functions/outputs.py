"""Lambda: tell the outputs of what was done. Each message is for one output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers import outgoing

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> Event:
    """Work off the messages of the queue."""
    return outgoing.work_through(event, context)
