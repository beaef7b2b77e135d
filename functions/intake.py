"""Lambda: take in events that contain findings of other services, and pass each one on to its runbooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers import intake

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> Event:
    """Take in the events in the intake's queue."""
    return intake.work_through(event, context)
