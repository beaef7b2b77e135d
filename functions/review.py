"""Lambda: the scheduled look at what no event tells of, in every protected account and region."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ringfence import composition
from ringfence.answering import answer
from ringfence.queue import execution_of
from ringfence.reviewing import Tour
from ringfence.runbooks import runbook
from ringfence.telemetry import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: object, context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule says nothing
    """Look at every subject once; what fails is raised at the end, and Lambda tries twice more."""
    settings, policy = composition.settings(), composition.policy(__file__)
    execution = execution_of(context, settings.function, composition.now())
    tour = Tour(runbook(settings.runbook), policy, composition.warm(), execution.until)
    looked = tour.make(os.environ["AWS_REGION"], lambda finding: answer(finding, "", policy, execution))
    logger().info("reviewed", extra={"subjects": looked})
    return {"subjects": looked}
