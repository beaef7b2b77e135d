"""What every notice about an incident says: where, who and why, the findings, and what was done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.claims import Verdict
from ringfence.policy.decision import DecisionCode
from ringfence.record.approval_facts import Answer
from ringfence.record.brief import Brief
from ringfence.record.changes import changes
from ringfence.record.facts import RELEASE
from ringfence.record.notices.commands import show
from ringfence.record.notices.kinds import Urgency
from ringfence.record.notices.notice import About, Command, Notice
from ringfence.record.wording import is_containment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.record.changes import Change
    from ringfence.record.measures import Measure
    from ringfence.record.notices.kinds import NoticeKind
    from ringfence.record.notices.rendering import Parts
    from ringfence.record.summary import Line, Summary

HIGH = 7.0
"""The lowest severity of a finding that makes the end of its subject urgent. GuardDuty calls it high."""


def about_incident(  # noqa: PLR0913 - the parts of a notice
    kind: NoticeKind,
    what: str,
    now: Summary,
    parts: Parts = (),
    commands: Iterable[Command] = (),
    *,
    measures: Iterable[Measure] = (),
    urgency: Urgency | None = None,
) -> Notice:
    """Return a notice about an incident. Its last command shows the full record."""
    urgency = _urgency(now, urgency or kind.urgency)
    told = (*_unconfirmed(now), *parts)
    # What is urgent is said before what was done.
    details = (*told, *done(now)) if urgency is Urgency.URGENT else (*done(now), *told)
    return Notice(
        kind,
        what,
        about(now),
        urgency,
        now.lines[-1].at,
        now.incident,
        now.runbook,
        now.findings,
        who_and_why(now),
        details,
        (*commands, show(now.incident)),
        tuple(measures),
    )


def _urgency(now: Summary, usual: Urgency) -> Urgency:
    """Return how urgent a notice is. What a person must do about an urgent finding is urgent."""
    raised = usual is Urgency.ACTION and not now.releasing and any(one.urgent for one in now.findings)
    return Urgency.URGENT if raised else usual


def about(now: Summary) -> About:
    """Return the resource, with what the findings say about it."""
    brief = Brief(now)
    return replace(About.of_key(now.subject), name=brief.name, addresses=brief.remote_addresses)


def who_and_why(now: Summary) -> tuple[str, ...]:
    """Return who requested or approved what happened, and why. Empty if a finding alone caused it.

    A release is always requested. Otherwise, the newest finding, request or approval is the cause.
    """
    causes = [one for one in now.lines if one.kind == "FindingReceived" or _is_of_a_person(one)]
    if now.releasing or now.lines[-1].kind == "Released":
        causes = [one for one in causes if (one.fact.optional_text("what") or "").startswith(RELEASE)]
    if not causes or causes[-1].kind == "FindingReceived":
        return ()
    newest = causes[-1]
    actor, fact = newest.body.optional_text("actor") or "an unknown caller", newest.fact
    verified = fact.flag("verified", default=True)
    did = " approved" if newest.kind == "ApprovalAnswered" else ""
    return (
        f"{actor}{did if verified else ' (not authenticated)'}, reason: {fact.optional_text('reason') or ''}",
    )


def _is_of_a_person(one: Line) -> bool:
    if one.kind == "ApprovalAnswered":
        return one.fact.optional_text("answer") == Answer.APPROVE
    return one.kind == "RunRequested" and not one.fact.flag("dry_run")


def done(now: Summary) -> Parts:
    """Return the changes that were made and not undone, or those that a release undid, in words."""
    made = [one for one in changes(now) if one.applied and (one.before or one.after)]
    undone = tuple(_words(one) for one in made if one.undo)
    return (("Undone", undone),) if undone else (("Done", tuple(map(_words, made))),)


def _words(one: Change) -> str:
    return f"{one.words}: {one.before or 'nothing'} → {one.after or 'nothing'}"


def _unconfirmed(now: Summary) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield that the source of the finding did not confirm it, unless that is what the notice is about."""
    told = now.code in {DecisionCode.REFUTED, DecisionCode.BLINDED}
    if now.verdict in {Verdict.UNKNOWN, Verdict.BLINDED} and not told:
        yield "Not confirmed by its source", (now.source_reason,)


def last_texts(now: Summary, field: str) -> tuple[str, ...]:
    """Return the texts in a field of the newest fact."""
    return now.lines[-1].fact.texts(field)


def is_severe(now: Summary) -> bool:
    """Return whether a finding of the incident is severe."""
    return any(one.severity >= HIGH for one in now.findings)


def verb(now: Summary) -> str:
    """Return what a run of the runbook does, as a verb with its object."""
    return "contain it" if is_containment(now.runbook) else "remediate it"
