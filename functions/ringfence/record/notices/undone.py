"""Notices of changes that somebody undid, against Ringfence."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.model.codec import decode
from ringfence.model.step import counted
from ringfence.record.measures import NOT_CONTAINED, Measure
from ringfence.record.notices.commands import run
from ringfence.record.notices.incident import about_incident
from ringfence.record.notices.kinds import NoticeKind

if TYPE_CHECKING:
    from ringfence.model.document import Document
    from ringfence.record.notices.notice import Notice
    from ringfence.record.summary import Summary


def containment_undone(now: Summary) -> Notice:
    """Return the notice that somebody undid a containment: who, with which call, and what follows."""
    fact = now.lines[-1].fact
    parts = (
        ("Who undid it", (_culprit(fact),)),
        ("Open now", fact.texts("open")),
        ("What Ringfence does", (_answer(fact),)),
    )
    commands = run(
        now, "contain it again, if Ringfence does not" if fact.flag("answered") else "contain it again"
    )
    measures = (Measure(NOT_CONTAINED, runbook=now.runbook),)
    return about_incident(
        NoticeKind.CONTAINMENT_UNDONE, "containment undone", now, parts, commands, measures=measures
    )


def _culprit(fact: Document) -> str:
    who, call = fact.optional_text("who"), fact.optional_text("call")
    if not who:
        return "no event shows who undid it: search CloudTrail for the calls on this resource"
    address = fact.optional_text("address") or "an unknown address"
    at = decode(fact.value.get("at"))
    when = f", {at:%Y-%m-%d %H:%M:%S} UTC" if isinstance(at, datetime) else ""
    return f"{who} called {call} from {address}{when}"


def _answer(fact: Document) -> str:
    if fact.flag("answered"):
        return "Ringfence contains the resource again. If somebody undoes this as well, it asks a person"
    return f"nothing: {fact.optional_text('reason') or 'a person must decide'}"


def fix_undone(now: Summary) -> Notice:
    """Return the notice that somebody undoes a fix again and again. It replaces one for each fix."""
    fact = now.lines[-1].fact
    times, until = fact.integer("times"), decode(fact.value.get("until"))
    who = fact.texts("who") or (
        "no finding names a caller: search CloudTrail for the calls on this resource",
    )
    follows = "the next fix follows at once"
    if isinstance(until, datetime):
        follows = f"the next fix follows at {until:%H:%M} UTC and covers all findings until then"
    parts = (
        ("Who undoes it", who),
        ("Values", fact.texts("targets")),
        ("What Ringfence does", (follows,)),
    )
    what = f"undone {counted(times, 'time')} within an hour"
    return about_incident(NoticeKind.FIX_UNDONE, what, now, parts, run(now, "fix it now"))
