"""Lambda: judge the accounts and regions of the scope by rules as code, on a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers.findings import work_through
from ringfence.handlers.scans.wiring import scans, worked_off

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> object:
    """Handle messages of the scans' queue. Without any, the schedule invoked it: then a scan begins.

    Nothing is taken from the input of the schedule.
    """
    if "Records" in event:
        return work_through(event, context, worked_off)
    return {"places": scans().begin()}
