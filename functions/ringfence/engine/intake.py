"""Turn a finding or a continuation message into requests. Pure."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.engine.requests import Approving, ResponseRequest
from ringfence.model.codec import canonical, instant_text
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen, replace
from ringfence.model.kinds import parse_key
from ringfence.policy.circumstances import NOTHING_KNOWN
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.policy.selection import portions
from ringfence.record.facts import FindingReceived

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.results import ResponseResult
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.look import Caution
    from ringfence.policy.policy import Policy
    from ringfence.record.approval_facts import ApprovalRequested
    from ringfence.record.chain import ChainKey
    from ringfence.record.facts import DecisionMade

EVENT_LENGTH = 64_000
"""Maximum characters of an event in the log.

A digest identifies the whole event. An item can have 400 KB, and a non-ASCII character takes up to twelve
bytes. The sender of a finding must not be able to prevent its record.
"""
MOST_SUBJECTS = 50
"""Maximum subjects of a finding in the log. The record for a finding with more names only its own subject.

A verdict on an account is about each resource that a review lists, and anybody with access to the account can
create thousands of them.
"""
_LOWERED = (DecisionCode.ARCHIVED, DecisionCode.OUT_OF_SCOPE, DecisionCode.POLICY)
"""Reasons for mode `off` that can be newer than a response to the same finding."""
CONTINUATION = 1
"""The version of a continuation message."""


@frozen
class ExecutionContext:
    """The identity of an execution, its actor, and the time after which no change may start.

    `circumstances` are those of its decisions.
    """

    attempt: str
    actor: str
    until: datetime
    circumstances: Circumstances = NOTHING_KNOWN


@frozen
class Skipped:
    """A subject that is skipped, and the reason.

    `request`: asks whether an earlier decision began something that is not finished. None if none can have.
    """

    ref: Ref
    decision: Decision
    request: ResponseRequest | None = None


def answers(
    finding: Finding, event: str, runbook: Runbook, policy: Policy, execution: ExecutionContext
) -> Iterator[ResponseRequest | Skipped]:
    """Return a request for each subject of a finding that the runbook handles."""
    _, choices = policy.settings(runbook)
    event = event if len(canonical(event)) <= EVENT_LENGTH else ""
    many = len(finding.subjects) > MOST_SUBJECTS
    for ref in finding.subjects:
        if not isinstance(ref, runbook.subject):
            continue
        for share in portions(policy, runbook, finding, ref, execution.circumstances):
            if not share.decision.mode.records:
                yield Skipped(ref, share.decision, _off(share.runbook, ref, share.decision, execution))
                continue
            yield ResponseRequest(
                runbook=share.runbook,
                ref=ref,
                attempt=execution.attempt,
                actor=execution.actor,
                until=execution.until,
                decision=share.decision,
                finding=FindingReceived(replace(finding, subjects=(ref,)) if many else finding, event),
                choices=choices,
                stages=1,
                exempt=policy.exemptions(runbook.id, ref, execution.circumstances.now),
                home=policy.own.deployed,
                policy=policy.digest,
                unconfirmable=policy.unconfirmable,
                held_back=policy.held_back,
                cautions=_cautions(policy, share.runbook, finding, ref, execution.circumstances),
                rules=policy.approvals,
                limits=policy.limits,
            )


def _cautions(
    policy: Policy, runbook: Runbook, finding: Finding, ref: Ref, circumstances: Circumstances
) -> tuple[Caution, ...]:
    if not runbook.traits or not any(rule.look for rule in policy.rules):
        return ()
    from ringfence.policy.look import cautions  # most policies have no such rules

    return cautions(policy, runbook, finding, ref, circumstances)


def _off(
    runbook: Runbook, ref: Ref, decision: Decision, execution: ExecutionContext
) -> ResponseRequest | None:
    """Return the request that looks for what an earlier decision began. Only containment is half done."""
    if runbook.closes_when_complete or decision.code not in _LOWERED:
        return None
    return ResponseRequest(
        runbook, ref, execution.attempt, execution.actor, execution.until, decision=decision
    )


def without_permission(order: ResponseRequest, reason: str) -> ResponseRequest:
    """Return a request that changes nothing, for a continuation that the policy no longer permits."""
    return replace(order, decision=Decision(Mode.OFF, reason, code=DecisionCode.OUT_OF_SCOPE))


def continuation(order: ResponseRequest, report: ResponseResult) -> str:
    """Return the continuation message for the second queue. A continuation stays the same one."""
    return _message(_acting(order, report), incident=report.incident, continuation=_same(order))


def completion(order: ResponseRequest, report: ResponseResult, begun: DecisionMade) -> str:
    """Return the continuation message that finishes what an earlier decision began."""
    earlier = replace(order, choices=begun.choices)
    return _message(earlier, begun.remediations, incident=report.incident, continuation=_same(order))


def recheck(order: ResponseRequest, report: ResponseResult) -> str:
    """Return the message for one more read after a while. It may run beside a continuation."""
    return _message(_acting(order, report), incident=report.incident)


def _same(order: ResponseRequest) -> str:
    return order.continuation or order.attempt


def _acting(order: ResponseRequest, report: ResponseResult) -> ResponseRequest:
    """Leave out what is held back."""
    acting = tuple(id_ for id_ in order.runbook.ids if id_ not in report.held)
    return replace(order, runbook=order.runbook.narrowed(acting))


def resumption(order: ResponseRequest) -> str:
    """Return the continuation message that resumes an incident."""
    return _message(order, incident=order.incident, continuation=order.attempt)


def approval_message(key: ChainKey, incident: str, asked: ApprovalRequested, told: Approving) -> str:
    """Return the message to look at an approval. It only says where to look: the record decides."""
    times = {"due": told.due, "told_at": told.told_at}
    return canonical(
        {
            "version": CONTINUATION,
            "runbook": key.runbook,
            "subject": key.subject,
            "remediations": list(asked.remediations),
            "choices": dict(asked.choices),
            "incident": incident,
            "approval": told.approval,
            "told": told.told,
            "untold": told.untold,
            **{name: instant_text(at) for name, at in times.items() if at},
        }
    )


def watchdog(order: ResponseRequest) -> str:
    """Return the watchdog message of an execution."""
    return _message(order, behind=order.attempt)


def _message(order: ResponseRequest, remediations: tuple[str, ...] = (), **begun: str) -> str:
    return canonical(
        {
            "version": CONTINUATION,
            "runbook": order.runbook.id,
            "subject": order.ref.key,
            "remediations": list(remediations or order.runbook.ids),
            "choices": dict(order.choices),
            **begun,
        }
    )


def resumed(body: str, runbook: Runbook, execution: ExecutionContext) -> ResponseRequest:
    """Return the request for every stage from a continuation message. Raises BadInput."""
    try:
        message = Document.of(json.loads(body))
    except ValueError as error:
        raise BadInput("(document)", f"is not JSON: {error}") from error
    if message.integer("version") != CONTINUATION or message.text("runbook") != runbook.id:
        raise BadInput(
            "runbook", f"must be {runbook.id} in version {CONTINUATION}", message.value.get("runbook")
        )
    choices, remediations = message.optional_child("choices"), message.texts("remediations")
    if not remediations:
        raise BadInput("remediations", "must name one or more")
    behind = message.optional_text("behind") or ""
    return ResponseRequest(
        runbook=runbook.narrowed(remediations),
        ref=parse_key(message.text("subject")),
        attempt=execution.attempt,
        actor=execution.actor,
        until=execution.until,
        choices=runbook.choose({name: choices.optional_text(name) or "" for name in choices.value}),
        incident="" if behind else message.text("incident"),
        watchdog=behind,
        continuation=message.optional_text("continuation") or behind,
        approving=_approving(message),
    )


def _approving(message: Document) -> Approving | None:
    """Read the approval that a message is about. Raises BadInput."""
    if not (approval := message.optional_text("approval")):
        return None
    told, untold = (message.optional_text(name) or "" for name in ("told", "untold"))
    return Approving(approval, _time(message, "due"), told, _time(message, "told_at"), untold)


def _time(message: Document, name: str) -> datetime | None:
    text = message.optional_text(name)
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadInput(name, "must be a time", text) from error
    if found is not None and found.tzinfo is None:
        raise BadInput(name, "must have a time zone", text)
    return found
