"""Lambda: the scheduled look at what no event tells of, in every protected account and region."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.handlers import wiring
from ringfence.handlers.findings import answer
from ringfence.handlers.logs import logger
from ringfence.handlers.proof import NOTHING_TAKEN
from ringfence.handlers.queue import execution_of
from ringfence.handlers.reviews import AT_ONCE, Tour
from ringfence.handlers.threads import Threads
from ringfence.runbooks import runbook

if TYPE_CHECKING:
    from datetime import datetime

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.model.finding import Finding


def handler(event: object, context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule says nothing
    """Look at every subject once; what fails is raised at the end, and Lambda tries twice more."""
    settings, policy, log = wiring.settings(), wiring.policy(), logger()
    execution = execution_of(context, settings.function, wiring.now())
    wiring.queue(settings.continuation_queue_url).client()  # made once, before several ask for it
    side_by_side = Threads("ringfence-review", AT_ONCE)
    tour = Tour(runbook(settings.runbook), policy, wiring.warm(), execution.until, side_by_side)

    def look(finding: Finding, until: datetime) -> tuple[str, ...]:
        again = answer(finding, "", policy, replace(execution, until=until), NOTHING_TAKEN)
        return tuple(one.reason for one in again)

    looked = tour.make(os.environ["AWS_REGION"], look)
    log.info("reviewed", extra={"subjects": looked})
    return {"subjects": looked}
