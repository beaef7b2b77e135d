"""Lambda: run the queries over flow logs each day, and send what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers import wiring
from ringfence.handlers.network_wiring import looks, work_through

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> object:
    """Handle messages of the queue. Any other input is that of the schedule: then the looks of a day begin.

    Nothing is taken from the input of the schedule.
    """
    if "Records" in event:
        return work_through(event, context)
    return {"looks": looks().begin(wiring.now())}
