"""Lambda: the scheduled look at what no event tells of, in every protected account and region."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ringfence import composition
from ringfence.answering import answer
from ringfence.core.errors import Retryable
from ringfence.queue import execution_of
from ringfence.reviewing import Place, finding_of, listed, places
from ringfence.runbooks import runbook
from ringfence.several import each
from ringfence.telemetry import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.core.subject import Ref


def handler(event: object, context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - the schedule says nothing
    """Look at every subject once; what fails is raised at the end, and the schedule tries again."""
    settings, policy = composition.settings(), composition.policy(__file__)
    reviewed = runbook(settings.runbook)
    execution = execution_of(context, settings.function, composition.now())
    looked: list[Ref] = []

    def look(ref: Ref) -> tuple[str, ...]:
        now = composition.now()
        if now >= execution.until:
            raise Retryable(f"{ref.key} was not looked at: the time is up")
        looked.append(ref)
        return answer(finding_of(reviewed, ref, now), "", policy, execution)

    def visit(place: Place) -> tuple[str, ...]:
        return each(listed(reviewed, place, composition.warm()), look)

    again = each(places(reviewed, policy, os.environ["AWS_REGION"]), visit)
    logger().info("reviewed", extra={"subjects": len(looked), "again": again})
    return {"subjects": len(looked), "again": len(again)}
