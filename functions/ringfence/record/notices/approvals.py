"""Notices about approvals: what is to be done, why, what it breaks, until when, and how to answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.step import counted
from ringfence.policy.decision import DecisionCode
from ringfence.record.approval_facts import (
    Answer,
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoided,
    Expiry,
)
from ringfence.record.approvals import approval_of
from ringfence.record.notices.commands import run
from ringfence.record.notices.incident import about_incident, is_severe
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.record.notices.notice import Asked, Command
from ringfence.record.shell import REASON
from ringfence.record.wording import declined, is_containment, so_far

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from ringfence.record.approvals import Approval
    from ringfence.record.chain import Entry
    from ringfence.record.facts import Fact
    from ringfence.record.notices.notice import Notice
    from ringfence.record.notices.rendering import Parts
    from ringfence.record.summary import Summary


def approval_notice(now: Summary, entries: Sequence[Entry]) -> Notice | None:
    """Return the notice for a fact about an approval, the last of `entries`. None if it causes none."""
    fact = entries[-1].fact
    found = approval_of(entries, getattr(fact, "approval", ""))
    if found is None:
        return None
    if isinstance(fact, ApprovalRequested):
        return _requested(now, found)
    if isinstance(fact, ApprovalAnswered):
        return _answered(now, found, fact, entries[-1].actor)
    return _ended(now, fact)


def _ended(now: Summary, fact: Fact) -> Notice | None:
    match fact:
        case ApprovalExpired(outcome=Expiry.REJECT):
            what = "approval expired, nothing is changed"
            return about_incident(NoticeKind.APPROVAL_ENDED, what, now, (), _by_hand(now))
        case ApprovalExpired(outcome=Expiry.EXECUTE):
            what, why = "not vetoed, the plan is carried out", (("Why", (fact.detail,)),)
            return about_incident(NoticeKind.APPROVAL_ENDED, what, now, why, _PAUSE)
        case ApprovalVoided(replaced_by=""):
            parts = (("Why", (fact.why,)), ("Difference", fact.difference))
            return about_incident(NoticeKind.APPROVAL_ENDED, "approval void", now, parts, _by_hand(now))
        case _:
            return None


_AT_ONCE = frozenset({DecisionCode.EMERGENCY, DecisionCode.FORGEABLE})
"""Reasons to ask that an intruder can have caused: a role that is needed in an emergency, and a tag."""
_PAUSE = (Command("hold further changes", f"ringfence pause --for 2h {REASON}"),)

_LIST_REJECTED = Command(
    "list what is not approved", "ringfence incidents list --state not-approved --since 14d"
)


_LIST_APPROVED = Command("list the incidents", "ringfence incidents list --since 14d")


def _requested(now: Summary, found: Approval) -> Notice:
    asked = found.asked
    parts: Parts = (
        ("What is done so far", (so_far(now),)),
        ("Why", (now.reason,)),
        ("What has changed since people were asked before", asked.difference),
        ("Check first", asked.cautions),
        ("What would be done", asked.steps),
        ("What it breaks, and what it leaves open", asked.costs),
        ("Until when", _until(found)),
        ("Who may approve", found.who),
    )
    what = "runs unless vetoed" if asked.vetoable else "approval needed"
    told = about_incident(
        NoticeKind.APPROVAL_NEEDED,
        f"ESCALATED, {what}" if asked.escalated else what,
        now,
        parts,
        _how(now, found),
        urgency=Urgency.URGENT if asked.vetoable or asked.escalated or now.code in _AT_ONCE else None,
    )
    return replace(told, escalated=asked.escalated, asked=Asked(found.id, asked.digest))


def _until(found: Approval) -> tuple[str, ...]:
    asked = found.asked
    ends = f"{asked.expires_at:%Y-%m-%d %H:%M} UTC"
    if asked.vetoable:
        delay = words(asked.rules.delay)
        return (
            f"the plan is carried out {delay} after this notice, unless somebody rejects it",
            f"if this notice cannot be proved to reach anybody, the plan waits for an approval until {ends}",
        )
    return (f"{ends}; after that nothing is changed without a new approval",)


def _how(now: Summary, found: Approval) -> tuple[Command, ...]:
    named = f"{now.incident} --approval {found.id}"
    return (
        Command("see the plan", f"ringfence approvals {now.incident}"),
        Command("approve it", f"ringfence approve {named} --plan {found.asked.digest} {REASON}"),
        Command("reject it", f"ringfence reject {named} {REASON}"),
    )


def _answered(now: Summary, found: Approval, fact: ApprovalAnswered, actor: str) -> Notice:
    who = (f"{actor}, reason: {fact.reason}",)
    if fact.answer == Answer.REJECT:
        return _rejected(now, found, fact, actor)
    missing = f"{found.missing} more must approve" if found.missing else "the plan is carried out"
    commands = _how(now, found) if found.missing else ()
    parts: Parts = (("Who approved it", who), ("What follows", (missing,)))
    if fact.batch:
        parts = (*parts, _together(found))
        commands = (*commands, _LIST_APPROVED)
    together = " together" if fact.batch else ""
    if not fact.break_glass:
        told = about_incident(NoticeKind.APPROVAL_ANSWERED, f"approved{together}", now, parts, commands)
        asked = Asked(found.id, found.asked.digest) if found.missing else None
        return replace(told, asked=asked, batch=_batch(fact, actor))
    rules = ("the rules about who may approve did not apply",)
    told = about_incident(
        NoticeKind.APPROVAL_ANSWERED,
        f"approved{together} with BREAK-GLASS",
        now,
        (*parts, ("Break-glass", rules)),
        commands,
        urgency=Urgency.URGENT,
    )
    return replace(told, escalated=True, batch=_batch(fact, actor))


def _batch(fact: ApprovalAnswered, actor: str) -> str:
    """Return what the notices of one answer to several plans have in common. Empty for one plan."""
    return f"{fact.answer} {fact.batch} {actor}" if fact.batch else ""


def _together(found: Approval) -> tuple[str, tuple[str, ...]]:
    others = f"the same answer is about other plans that waited behind the limit {found.asked.limit}"
    return "What else it answers", (f"{others}; this notice stands for all of them",)


def _rejected(now: Summary, found: Approval, fact: ApprovalAnswered, actor: str) -> Notice:
    """Return the notice of a rejection. The one who rejects can be the intruder.

    So it is urgent if a severe finding stays without a containment, also for each one of many.
    """
    follows = (
        "nothing is changed, and the same plan is not asked about again for a day or until a worse finding"
    )
    parts: Parts = (
        ("What was done", (declined(now),)),
        ("Who rejected it", (f"{actor}, reason: {fact.reason}",)),
        ("What follows", (follows,)),
    )
    if not fact.batch:
        goes_on = is_containment(now.runbook) and is_severe(now)
        urgency = Urgency.URGENT if goes_on or now.code in _AT_ONCE else None
        return about_incident(
            NoticeKind.APPROVAL_ANSWERED, "rejected", now, parts, _by_hand(now), urgency=urgency
        )
    told = about_incident(
        NoticeKind.APPROVAL_ANSWERED,
        "plans rejected together",
        now,
        (*parts, _together(found)),
        (*_by_hand(now), _LIST_REJECTED),
        urgency=Urgency.URGENT,
    )
    return replace(told, escalated=True, batch=_batch(fact, actor))


def _by_hand(now: Summary) -> tuple[Command, ...]:
    return run(now, "run it all the same")


def words(much: timedelta) -> str:
    """Return a duration in words: `90 seconds`, `5 minutes`, `4 hours`."""
    seconds = int(much.total_seconds())
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            number = seconds // size
            return counted(number, unit)
    return counted(seconds, "second")
