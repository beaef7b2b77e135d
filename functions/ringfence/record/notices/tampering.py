"""Notices of what somebody wrote into the record, or of entries that nobody can prove."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.record.measures import TAMPER, UNSEALED, Measure
from ringfence.record.notices.commands import release, verification
from ringfence.record.notices.incident import about_incident
from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.notices.notice import Command
from ringfence.record.notices.verdicts import READS_ON

if TYPE_CHECKING:
    from ringfence.record.notices.notice import Notice
    from ringfence.record.summary import Summary

WHO_WROTE = "find out who wrote to the control table: only Ringfence's functions may"
PAUSES = Command("see what is paused", "ringfence pauses")


def lease_voided(now: Summary) -> Notice:
    """Return the notice that somebody wrote a lease into the control table."""
    fact = now.lines[-1].fact
    parts = (
        ("What was found", (f"a lease that no execution took: {fact.optional_text('reason')}",)),
        ("Its owner", tuple(filter(None, (fact.optional_text("owner"),)))),
        ("It ended", tuple(filter(None, (fact.optional_text("until"),)))),
        ("What Ringfence does", ("it ignores the lease and continues",)),
        ("What to do", (WHO_WROTE,)),
    )
    what = "TAMPERING with the control table"
    return about_incident(
        NoticeKind.TAMPERING, what, now, parts, (verification(now.incident),), measures=(Measure(TAMPER),)
    )


def pauses_unreadable(now: Summary) -> Notice | None:
    """Return the notice that nothing is changed because nobody can tell what is paused.

    The verification that follows causes the notice of what a pause holds.
    """
    why = now.lines[-1].fact.optional_text("unreadable")
    if not why:
        return None
    parts = (
        ("What was found", (f"the item of the control table that says what is paused: {why}",)),
        ("What Ringfence does", ("it changes nothing until it can read what is paused", READS_ON)),
        ("What to do", (WHO_WROTE, "`ringfence pause` and `ringfence resume` write the item again")),
    )
    what = "the pauses cannot be read"
    return about_incident(NoticeKind.PAUSES_WRONG, what, now, parts, (PAUSES,), measures=(Measure(TAMPER),))


def rejected(now: Summary) -> Notice:
    """Return the notice that an entry is not authentic: which one, and what was not done because of it."""
    fact = now.lines[-1].fact
    asked, incident = fact.optional_text("asked") or "", fact.optional_text("incident") or ""
    goes_on = "a new incident began, so that nothing waits for the record"
    follows = goes_on if incident != now.incident else f"nothing: {asked} was refused"
    parts = (
        ("Entry", (f"entry {fact.integer('entry')} of {incident}: {fact.optional_text('why') or ''}",)),
        ("What Ringfence does", (follows,)),
        (
            "What to do",
            ("find out in CloudTrail's data events of DynamoDB who wrote to the audit table",),
        ),
    )
    what = "TAMPERING: an entry is not authentic"
    commands = (verification(incident),)
    measures = (Measure(TAMPER),)
    told = about_incident(NoticeKind.TAMPERING, what, now, parts, commands, measures=measures)
    return replace(told, endless=True)


def unsealed(now: Summary) -> Notice:
    """Return the notice that entries have no MAC. They are as good as forged ones until somebody checks."""
    why = now.lines[-1].fact.optional_text("reason") or ""
    parts = (
        ("Why", (why,)),
        ("What follows", ("containment goes on; a release needs --despite-unsealed",)),
    )
    commands = (
        verification(now.incident),
        *release(now, "undo the changes all the same", "--despite-unsealed"),
    )
    return about_incident(
        NoticeKind.UNSEALED, "record not sealed", now, parts, commands, measures=(Measure(UNSEALED),)
    )
