"""Respond to a finding: run the first stage for each subject, and queue the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.claims import SeverityLowered
from ringfence.engine.concurrency import each
from ringfence.engine.intake import (
    Skipped,
    answers,
    completion,
    continuation,
    recheck,
    resumed,
    without_permission,
)
from ringfence.engine.run import Engine
from ringfence.events.dispatch import findings_of_text
from ringfence.events.envelope import NotForUs
from ringfence.handlers import wiring
from ringfence.handlers.logs import logger
from ringfence.handlers.proof import ProvenLog, proven
from ringfence.handlers.queue import execution_of, hidden, work_off
from ringfence.model.frozen import replace
from ringfence.runbooks import runbook

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.engine.again import Again
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import Followup, ResponseResult
    from ringfence.handlers.proof import Proof
    from ringfence.handlers.queue import Work
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy
    from ringfence.record.facts import FindingReceived

    Event = dict[str, list[dict[str, str]]]


def work_through(event: Event, context: LambdaContext, work: Work) -> Event:
    """Handle the messages of a queue. Return those that must be retried."""
    settings = wiring.settings()
    execution = execution_of(context, settings.function, wiring.now())
    return work_off(event, execution, work, wiring.source(settings.queue_url, hidden(context)))


def contain(body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
    """Run the first stage for the findings of a message."""
    policy = wiring.policy()
    told = findings_of_text(body, policy.own.deployed)
    if isinstance(told, NotForUs):
        from ringfence.handlers.links import passed_on  # a finding does not wait for it

        proof.check()
        if passed_on(body, wiring.settings().runbook, policy.own.home, _send):
            return ()
        logger().info("no runbook answers this event", extra={"why": told.reason})
        return ()
    if any(one.sent for one in told):
        from ringfence.handlers.sent_proof import with_proven_senders  # AWS's own findings have no sender

        seals = wiring.seals(wiring.settings().record_keys)
        told = with_proven_senders(told, body, seals.keys(), seals.labels)
    if policy.config_rules and any(one.rule for one in told):
        from ringfence.events.config.names import with_own_names  # only verdicts have other names

        told = with_own_names(told, dict(policy.config_rules))
    if any(one.copied for one in told):
        from ringfence.engine.copies import as_held  # what GuardDuty sends is no copy

        told = tuple(as_held(one, policy, wiring.warm().cloud) for one in told)
    return each(_answered(told), lambda finding: answer(finding, body, policy, execution, proof))


def resume(body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
    """Run a continuation, unless the policy has protected its subject since. Check a release that died."""
    from ringfence.engine.release import Releaser
    from ringfence.engine.stopped_release import release_check
    from ringfence.engine.unbegun import NotBegun
    from ringfence.handlers.links import continued

    if continued(body, f"{wiring.settings().runbook}-continuation", proof):
        return ()

    from ringfence.handlers import scheduled  # it imports this module

    if scheduled.worked_off(body, execution, proof):
        return ()
    if check := release_check(body, wiring.settings().runbook):
        return Releaser(proven(wiring.warm(), proof)).check(check, execution)
    order = resumed(body, runbook(wiring.settings().runbook), execution)
    policy = wiring.policy()
    now = execution.circumstances.now
    if order.approving:
        exempt = policy.exemptions(order.runbook.id, order.ref, now)
        order = replace(
            order, exempt=exempt, rules=policy.approvals, policy=policy.digest, home=policy.own.deployed
        )
    if outside := policy.outside(order.ref) or policy.protection(order.runbook.id, order.ref, now):
        logger().info("off", extra={"subject": order.ref.key, "why": outside})
        order = without_permission(order, outside)
    try:
        return respond(order, proof)
    except NotBegun as first:
        logger().info("decided again", extra={"subject": order.ref.key, "why": str(first)})
        return _anew(order, first.received, policy, execution, proof)


def _anew(
    order: ResponseRequest,
    received: FindingReceived,
    policy: Policy,
    execution: ExecutionContext,
    proof: Proof,
) -> tuple[Again, ...]:
    """Answer the finding of a continuation that has begun nothing.

    If the policy no longer allows it, the continuation finishes the rest.
    """
    from ringfence.engine.unbegun import NotBegun, answered_again

    answering = runbook(wiring.settings().runbook)
    requests = tuple(answered_again(order, received, answering, policy, execution))
    again = each(requests, lambda one: _answer(one, answering, policy, execution, proof))
    decided = [one.decision for one in requests if not isinstance(one, Skipped)]
    if again or not decided or any(one and one.mode.changes for one in decided):
        return again
    try:
        return respond(order, proof)
    except NotBegun as still:
        logger().info("not finished", extra={"subject": order.ref.key, "why": str(still)})
        return ()


def answer(
    finding: Finding, event: str, policy: Policy, execution: ExecutionContext, proof: Proof
) -> tuple[Again, ...]:
    """Run the first stage for each subject of a finding, and send the rest to the second queue.

    Returns what must be read again. Raises the errors of `concurrency.each`.
    """
    answering = runbook(wiring.settings().runbook)
    if answering.canonical_subject or answering.review:
        from ringfence.engine.canonical_subject import with_canonical_subjects

        finding = with_canonical_subjects(finding, answering, policy, wiring.warm().cloud)
    return each(
        answers(finding, event, answering, policy, execution),
        lambda one: _answer(one, answering, policy, execution, proof),
    )


def respond(order: ResponseRequest, proof: Proof) -> tuple[Again, ...]:
    """Run a request. Return why it must be retried.

    Nothing is recorded, changed or sent before the proof of its caller. An internal error is raised after the
    continuation was sent.
    """
    ports = wiring.warm()
    log = ProvenLog(ports.log, proof)
    report = Engine(replace(ports, log=log)).run(order)
    log.check()
    from ringfence.engine.results import FollowupKind  # containment does not wait for what comes after it

    for followup in report.followups:
        if followup.kind is not FollowupKind.RETRY:
            _send(_message(order, report, followup), followup.after // timedelta(seconds=1))
    logger().info(
        report.status,
        extra={"subject": order.ref.key, "incident": report.incident, "why": report.reason},
    )
    if report.error:
        raise report.error
    return report.again()


def _answered(told: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings that this runbook answers. Most events contain only one finding."""
    if len(told) == 1:
        return told
    answering = runbook(wiring.settings().runbook)
    return tuple(finding for finding in told if answering.answers(finding))


def _answer(
    one: ResponseRequest | Skipped,
    answering: Runbook,
    policy: Policy,
    execution: ExecutionContext,
    proof: Proof,
) -> tuple[Again, ...]:
    if isinstance(one, Skipped):
        logger().info("off", extra={"subject": one.ref.key, "why": one.decision.reason})
        return respond(one.request, proof) if one.request else ()
    try:
        return respond(one, proof)
    except SeverityLowered as lowered:
        from ringfence.engine.lowered import decided_again  # most events have the severity of their source

        logger().info("decided again", extra={"subject": one.ref.key, "why": str(lowered)})
        again = decided_again(one, lowered.severity, answering, policy, execution)
        return each(again, lambda each_: _answer(each_, answering, policy, execution, proof))


def _message(order: ResponseRequest, report: ResponseResult, followup: Followup) -> str:
    from ringfence.engine.results import FollowupKind  # containment does not wait for what comes after it

    if followup.kind is FollowupKind.RECHECK:
        return recheck(order, report)
    return completion(order, report, followup.begun) if followup.begun else continuation(order, report)


def _send(message: str, seconds: int) -> None:
    wiring.queue(wiring.settings().continuation_queue_url).send(message, seconds)
