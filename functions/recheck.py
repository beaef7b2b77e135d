"""Lambda: verify open contained incidents again, after a call that can undo one and on a schedule."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ringfence.handlers import scheduled, wiring
from ringfence.handlers.queue import execution_of, hidden, work_off

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> object:
    """Handle messages with recorded calls. A schedule sends none: then verify every open incident.

    Past a number of incidents, the others are verified by the function of the second queue. It also looks at
    the target groups of each place, for the limits on them.
    """
    given, rechecks = wiring.settings(), scheduled.rechecks()
    execution = execution_of(context, given.function, wiring.now())
    if "Records" in event:
        return work_off(event, execution, rechecks.heard, wiring.source(given.queue_url, hidden(context)))
    watched = rechecks.watch(execution, scheduled.threads(), scheduled.send())
    return {"incidents": watched, "places": scheduled.members().begin(os.environ["AWS_REGION"])}
