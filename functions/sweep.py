"""Lambda: read at the sources of findings what they reported, and hand on what was not answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers.findings import work_through
from ringfence.handlers.sweep_wiring import sweeps, worked_off

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> object:
    """Handle messages of the sweeps' queue. A schedule names a sweep instead: then it begins.

    Nothing else is taken from the input of a schedule.
    """
    if "Records" in event:
        return work_through(event, context, worked_off)
    return {"places": sweeps().begin(str(event.get("sweep")))}
