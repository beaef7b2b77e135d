"""Lambda: answer findings from a runbook's queue (`handler`), and go on after containment (`resume`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.concurrency import each
from ringfence.engine.intake import ExecutionContext, resumed
from ringfence.events.dispatch import findings_of_text
from ringfence.events.envelope import NotForUs
from ringfence.handlers import cold_start as cold
from ringfence.handlers import wiring as composition
from ringfence.handlers.findings import answer, respond
from ringfence.handlers.logs import logger
from ringfence.handlers.queue import execution_of, work_off
from ringfence.runbooks import runbook

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.queue import Work
    from ringfence.model.finding import Finding

    Event = dict[str, list[dict[str, str]]]


def handler(event: Event, context: LambdaContext) -> Event:
    """Contain what a finding names."""
    try:
        return _work_off(event, context, contain)
    finally:
        cold.over()


def resume(event: Event, context: LambdaContext) -> Event:
    """Run every stage, the first included: containment is verified once more."""
    cold.over()
    return _work_off(event, context, go_on)


def _work_off(event: Event, context: LambdaContext, work: Work) -> Event:
    settings = composition.settings()
    this = execution_of(context, settings.function, composition.now())
    return work_off(event, this, work, composition.queue(settings.queue_url))


def contain(body: str, execution: ExecutionContext) -> tuple[str, ...]:
    """Run the first stage for each subject of a finding; leave the rest to the second queue."""
    told = findings_of_text(body)
    if isinstance(told, NotForUs):
        logger().info("not for us", extra={"why": told.reason})
        return ()
    policy = composition.policy(__file__)
    return each(_answered(told), lambda finding: answer(finding, body, policy, execution))


def _answered(told: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Leave out of what an event tells of what it was not delivered for; mostly, it tells of one thing."""
    if len(told) == 1:
        return told
    answering = runbook(composition.settings().runbook)
    return tuple(finding for finding in told if answering.answers(finding))


def go_on(body: str, execution: ExecutionContext) -> tuple[str, ...]:
    """Take up a continuation; an account that has left the scope since is left alone."""
    order = resumed(body, runbook(composition.settings().runbook), execution)
    if outside := composition.policy(__file__).outside(order.ref):
        logger().info("off", extra={"subject": order.ref.key, "why": outside})
        return ()
    return respond(order)
