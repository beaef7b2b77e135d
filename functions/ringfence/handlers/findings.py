"""Respond to a finding: run the first stage for each subject, and queue the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.concurrency import each
from ringfence.engine.intake import Skipped, answers, continuation
from ringfence.engine.requests import FollowupKind
from ringfence.engine.run import Engine
from ringfence.handlers import wiring as composition
from ringfence.handlers.logs import logger
from ringfence.runbooks import runbook

if TYPE_CHECKING:
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.requests import ResponseRequest, ResponseResult
    from ringfence.model.finding import Finding
    from ringfence.policy.decision import Policy


def answer(finding: Finding, event: str, policy: Policy, execution: ExecutionContext) -> tuple[str, ...]:
    """Run the first stage for each subject of a finding, and send the rest to the second queue.

    Returns in words what must be read again. Raises the errors of `concurrency.each`.
    """
    answering = runbook(composition.settings().runbook)
    if answering.canonical_subject:
        from ringfence.engine.canonical_subject import with_canonical_subjects

        finding = with_canonical_subjects(finding, answering, policy, composition.warm().cloud)
    return each(answers(finding, event, answering, policy, execution), _answer)


def respond(order: ResponseRequest) -> tuple[str, ...]:
    """Run a request. Return in words why it must be retried."""
    report = Engine(composition.warm()).respond(order)
    for followup in report.followups:
        if followup.kind is not FollowupKind.RETRY:
            _continue(order, report, followup.after // timedelta(seconds=1))
    logger().info(
        report.status,
        extra={"subject": order.ref.key, "incident": report.incident, "why": report.reason},
    )
    return report.reasons(FollowupKind.RETRY)


def _answer(one: ResponseRequest | Skipped) -> tuple[str, ...]:
    if isinstance(one, Skipped):
        logger().info("off", extra={"subject": one.ref.key, "why": one.decision.reason})
        return ()
    return respond(one)


def _continue(order: ResponseRequest, report: ResponseResult, seconds: int) -> None:
    queue = composition.queue(composition.settings().continuation_queue_url)
    queue.send(continuation(order, report), seconds)
