"""Notices of ends: released, not released, half done, and a subject that no longer exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.measures import NOT_CONTAINED, Measure
from ringfence.record.notices.commands import release, run
from ringfence.record.notices.incident import about_incident, is_severe, last_texts, verb
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.record.notices.verdicts import verdicts
from ringfence.record.wording import is_containment

if TYPE_CHECKING:
    from ringfence.record.notices.notice import Notice
    from ringfence.record.summary import Summary

_FIND_OUT = "find out in CloudTrail who deleted it, and whether it was its owner"


def released(now: Summary) -> Notice:
    """Return the notice that a release undid the changes."""
    left = last_texts(now, "skipped")
    urgency = Urgency.ACTION if left else None
    commands = run(now, f"{verb(now)} again")
    return about_incident(
        NoticeKind.RELEASED, "released", now, (("Not undone", left),), commands, urgency=urgency
    )


def stopped(now: Summary) -> Notice | None:
    """Return the notice that a release stopped before its end. None while a release is in progress."""
    words = last_texts(now, "review")
    if not words:
        return None
    parts = (("What to do", words), ("Not undone", last_texts(now, "remaining")))
    commands = release(now, "continue the release")
    return about_incident(NoticeKind.RELEASE_STOPPED, "release not finished", now, parts, commands)


def closed(now: Summary) -> Notice | None:
    """Return the notice that the subject no longer exists, so that nobody watches it any more.

    An intruder can delete a key, or end an instance, whose sessions stay valid. A setting of a resource that
    no longer exists needs nobody, unless Ringfence changed something.
    """
    changed = any(one.kind == "Intended" for one in now.lines)
    if not is_containment(now.runbook):
        what = "subject gone, incident closed"
        return about_incident(NoticeKind.SUBJECT_GONE, what, now, (_why_gone(now),)) if changed else None
    what_to_do = (
        "find out in CloudTrail who deleted or renamed it",
        "sessions that it started can be valid for up to 36 hours, and roles that it assumed are not revoked",
        "what Ringfence changed is not watched any more",
    )
    parts = (_why_gone(now), ("What to do", what_to_do))
    if [one for one in verdicts(now) if one is not None][-1:] == [True]:
        return _gone(now, "subject gone, incident closed", parts)
    return _gone(now, "subject gone, NOT contained", parts, (Measure(NOT_CONTAINED, runbook=now.runbook),))


def gone(now: Summary) -> Notice:
    """Return the notice that the subject no longer exists, and what is watched without it."""
    parts = (_why_gone(now), ("Watched", last_texts(now, "watched")), ("What to do", (_FIND_OUT,)))
    return _gone(now, "subject gone, still watched", parts)


def left(now: Summary) -> Notice:
    """Return the notice that the policy permits no more changes, and a response is half done."""
    fact = now.lines[-1].fact
    parts = (
        ("Why nothing is finished", (fact.optional_text("reason") or "the policy permits nothing",)),
        ("Half done", fact.texts("open")),
    )
    commands = (*run(now, "finish it"), *release(now, "undo it"))
    measures = (Measure(NOT_CONTAINED, runbook=now.runbook),)
    return about_incident(
        NoticeKind.LEFT_UNFINISHED, "left unfinished", now, parts, commands, measures=measures
    )


def _gone(
    now: Summary,
    what: str,
    parts: tuple[tuple[str, tuple[str, ...]], ...],
    measures: tuple[Measure, ...] = (),
) -> Notice:
    urgency = Urgency.URGENT if is_severe(now) else None
    return about_incident(NoticeKind.SUBJECT_GONE, what, now, parts, measures=measures, urgency=urgency)


def _why_gone(now: Summary) -> tuple[str, tuple[str, ...]]:
    return "What was found", (now.lines[-1].fact.optional_text("reason") or "it does not exist",)
