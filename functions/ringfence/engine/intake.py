"""From a finding, or a continuation of its response, to orders. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.engine.requests import ResponseRequest
from ringfence.model.codec import canonical
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.kinds import parse_key
from ringfence.policy.selection import portions
from ringfence.record.facts import FindingReceived

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.engine.results import ResponseResult
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Decision, Policy

EVENT_LENGTH = 64_000
"""Characters of an event that are kept in the log, as they are written there; its digest stands for the
whole. An item of the log holds 400 KB, and a character beyond ASCII takes up to twelve: who can fill a
finding with those must not keep it from being recorded.
"""
CONTINUATION = 1
"""The version of a continuation message."""


@frozen
class ExecutionContext:
    """Which execution this is, for whom it acts, and when it may not begin changes any more."""

    attempt: str
    actor: str
    until: datetime


@frozen
class Skipped:
    """A subject about which nothing is done, and why."""

    ref: Ref
    decision: Decision


def answers(
    finding: Finding, event: str, runbook: Runbook, policy: Policy, execution: ExecutionContext
) -> Iterator[ResponseRequest | Skipped]:
    """Turn a finding into an order for each of its subjects that the runbook is for."""
    _, choices = policy.settings(runbook)
    received = FindingReceived(finding, event if len(canonical(event)) <= EVENT_LENGTH else "")
    for ref in finding.subjects:
        if not isinstance(ref, runbook.subject):
            continue
        for share in portions(policy, runbook, finding, ref):
            if not share.decision.mode.records:
                yield Skipped(ref, share.decision)
                continue
            yield ResponseRequest(
                runbook=share.runbook,
                ref=ref,
                attempt=execution.attempt,
                actor=execution.actor,
                until=execution.until,
                decision=share.decision,
                finding=received,
                choices=choices,
                stages=1,
            )


def continuation(order: ResponseRequest, report: ResponseResult) -> str:
    """Return the message that lets a second queue go on where containment ended."""
    return _message(order, incident=report.incident)


def watchdog(order: ResponseRequest) -> str:
    """Return the message that stands behind an execution which may die, whatever it will have recorded."""
    return _message(order, behind=order.attempt)


def _message(order: ResponseRequest, **begun: str) -> str:
    return canonical(
        {
            "version": CONTINUATION,
            "runbook": order.runbook.id,
            "subject": order.ref.key,
            "remediations": list(order.runbook.ids),
            "choices": dict(order.choices),
            **begun,
        }
    )


def resumed(body: str, runbook: Runbook, execution: ExecutionContext) -> ResponseRequest:
    """Turn a continuation message into an order for every stage; raises BadInput."""
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
    )
