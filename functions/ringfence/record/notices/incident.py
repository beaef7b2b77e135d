"""What every notice about an incident says: where, who and why, the findings, and what was done."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.claims import Verdict
from ringfence.model.codec import decode
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import Step
from ringfence.policy.decision import DecisionCode
from ringfence.record.facts import RELEASE, Result
from ringfence.record.notices.commands import show
from ringfence.record.notices.notice import About, Command, Notice
from ringfence.record.wording import is_containment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.record.measures import Measure
    from ringfence.record.notices.kinds import NoticeKind, Urgency
    from ringfence.record.notices.rendering import Parts
    from ringfence.record.summary import Line, Summary

HIGH = 7.0
"""The lowest severity of a finding that makes the end of its subject urgent. GuardDuty calls it high."""
_NAMED = "Name"
"""The key of the tag with the name of an instance."""


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
    return Notice(
        kind,
        what,
        about(now),
        urgency or kind.urgency,
        now.lines[-1].at,
        now.incident,
        now.runbook,
        now.findings,
        requested(now),
        (*_unconfirmed(now), *parts, *done(now)),
        (*commands, show(now.incident)),
        tuple(measures),
    )


def about(now: Summary) -> About:
    """Return the resource, with what the findings say about it."""
    known = About.of_key(now.subject)
    received = [one.fact for one in now.lines if one.kind == "FindingReceived"]
    addresses = (one for fact in received for one in fact.optional_child("finding").texts("remote_addresses"))
    names = (name for fact in reversed(received) if (name := _name_tag(fact, known.id)))
    return replace(known, name=next(names, ""), addresses=tuple(dict.fromkeys(addresses)))


def _name_tag(received: Document, id_: str) -> str:
    """Return the name tag of an instance as GuardDuty's event has it. Empty if it has none."""
    try:
        event = Document.of(json.loads(received.optional_text("event") or "{}"))
        details = event.optional_child("detail").optional_child("resource").optional_child("instanceDetails")
        if details.optional_text("instanceId") != id_:
            return ""
        tags = {one.optional_text("key"): one.optional_text("value") for one in details.children("tags")}
    except (BadInput, ValueError, RecursionError):
        return ""
    return tags.get(_NAMED) or ""


def requested(now: Summary) -> tuple[str, ...]:
    """Return who requested what happened, and why. Empty if a finding caused it.

    A release is always requested. Otherwise, the newest finding or request is the cause.
    """
    causes = [one for one in now.lines if one.kind == "FindingReceived" or _is_request(one)]
    if now.releasing or now.lines[-1].kind == "Released":
        causes = [one for one in causes if (one.fact.optional_text("what") or "").startswith(RELEASE)]
    if not causes or causes[-1].kind != "RunRequested":
        return ()
    newest = causes[-1]
    verified = newest.fact.flag("verified", default=True)
    who = newest.body.optional_text("actor") or "an unknown caller"
    return (
        f"{who}{'' if verified else ' (not authenticated)'}: {newest.fact.optional_text('reason') or ''}",
    )


def _is_request(one: Line) -> bool:
    return one.kind == "RunRequested" and not one.fact.flag("dry_run")


def done(now: Summary) -> Parts:
    """Return the changes that were made and not undone, and those that a release undid, in words."""
    made: dict[str, tuple[str, bool]] = {}
    applied: list[tuple[str, bool]] = []
    for one in now.lines:
        intent = one.fact.optional_text("intent") or ""
        if one.kind == "Intended" and (words := _words(one.fact)):
            made[intent] = (words, one.fact.optional_text("stage") == RELEASE)
        elif one.kind == "Outcome" and one.fact.optional_text("result") == Result.APPLIED and intent in made:
            applied.append(made[intent])
    undone = _distinct(words for words, undoes in applied if undoes)
    changed = _distinct(words for words, undoes in applied if not undoes)
    return (("Undone", undone),) if undone else (("Done", changed),)


def _words(intended: Document) -> str:
    """Return what a step does. A step that this version does not know is named by its class."""
    try:
        step = decode(intended.optional_child("step").value)
    except BadInput:
        return f"{intended.optional_child('step').optional_text('$')}, which this version does not know"
    if isinstance(step, LogOnlyStep) or not isinstance(step, Step):
        return ""
    return step.describe()


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


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
