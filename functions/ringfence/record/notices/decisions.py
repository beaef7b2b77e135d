"""Notices of decisions that leave a finding to a person, and of findings that are not confirmed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.claims import Verdict
from ringfence.model.frozen import replace
from ringfence.policy.decision import DecisionCode
from ringfence.record.measures import NOT_CONTAINED, Measure
from ringfence.record.notices.commands import release, run
from ringfence.record.notices.incident import about_incident, verb
from ringfence.record.notices.kinds import NoticeKind, Urgency

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.record.notices.notice import Command, Notice
    from ringfence.record.summary import Summary

SUSPECT = (
    "if the finding is made up, somebody can write to Ringfence's queue or invoke its functions: look for "
    "calls of lambda:InvokeFunction, sqs:SendMessage and events:PutTargets in the home account"
)
_DENIED: Mapping[str, str] = MappingProxyType(
    {
        Verdict.REFUTED: "finding refuted",
        Verdict.ABSENT: "finding unknown to its source",
        Verdict.BLINDED: "source cannot confirm the finding",
    }
)
_NOT_RUN = frozenset({DecisionCode.ROOT, DecisionCode.NOTIFY_ONLY, DecisionCode.PROTECTED})
"""Reasons for which a run would change nothing either."""
_PROTECTED = (
    "no run changes a protected resource. For that, remove it from `protected` in the policy and deploy"
)


def decided(now: Summary, before: Summary) -> Notice | None:
    """Return the notice of a decision, the newest fact. None if it is not new, or a person asked."""
    asked = before.lines and before.lines[-1].kind == "RunRequested"
    mode, blinded = now.decided, now.verdict == Verdict.BLINDED
    if asked or mode is None:
        return None
    if mode.changes and blinded and before.verdict != Verdict.BLINDED:
        follows = ("the policy has it acted on all the same: findings.unconfirmable is auto",)
        parts = (("Why it is not confirmed", (now.source_reason,)), ("What Ringfence does", follows))
        undo = release(now, "undo the changes")
        return about_incident(NoticeKind.NOT_CONFIRMED, _DENIED[Verdict.BLINDED], now, parts, undo)
    if (now.mode, now.reason) == (before.mode, before.reason) or not mode.leaves_to_a_person:
        return None
    if now.code in {DecisionCode.REFUTED, DecisionCode.BLINDED}:
        return _denied(now)
    if not mode.observes:
        return _for_a_person(now)
    return _for_a_person(now) if now.code is DecisionCode.EMERGENCY else _dry(now)


def asked(now: Summary) -> Notice | None:
    """Return the notice that a finding that was acted on is not confirmed. None if it is."""
    answer = now.lines[-1].fact.optional_child("answer")
    verdict = answer.optional_text("verdict") or ""
    if verdict == Verdict.CONFIRMED:
        return None
    what_to_do = (
        "the changes stay: an intruder can be the reason why the source does not confirm the finding",
        SUSPECT,
    )
    parts = (("Why", (answer.optional_text("reason") or "",)), ("What to do", what_to_do))
    unknown = verdict == Verdict.UNKNOWN
    what = "finding not confirmed" if unknown else f"{_denial(verdict)} after changes"
    return about_incident(
        NoticeKind.NOT_CONFIRMED,
        what,
        now,
        parts,
        release(now, "undo the changes"),
        urgency=Urgency.ACTION if unknown else None,
    )


def _denial(verdict: str) -> str:
    return _DENIED.get(verdict, "finding not confirmed")


def _denied(now: Summary) -> Notice:
    """Return the notice about a finding that its source does not confirm. Nothing was changed."""
    absent = ("Ringfence asks again for two minutes, and responds if the source then has the finding",)
    parts = (
        ("Why nothing was changed", (now.reason,)),
        ("What Ringfence does", absent if now.verdict == Verdict.ABSENT else ()),
        ("What to do", (SUSPECT,)),
    )
    commands = run(now, f"{verb(now)} all the same")
    told = about_incident(NoticeKind.NOT_CONFIRMED, _denial(now.verdict), now, parts, commands)
    return replace(told, endless=_was_confirmed(now))


def _was_confirmed(now: Summary) -> bool:
    """Return whether the source confirmed the finding of the newest decision before.

    Then it is the same finding again with other words, which somebody can repeat at will.
    """
    newest = now.last("DecisionMade")
    id_ = newest.optional_text("finding") if newest else None
    answers = (
        one.fact.optional_child("source" if one.kind == "DecisionMade" else "answer")
        for one in now.lines
        if one.kind in {"DecisionMade", "SourceAsked"} and one.fact.optional_text("finding") == id_
    )
    return any(one.optional_text("verdict") == Verdict.CONFIRMED for one in answers)


def _dry(now: Summary) -> Notice:
    """Return the notice of a dry run. It is urgent if an intruder can have caused it by a tag."""
    why = ("Why nothing was changed", (now.reason,))
    commands = run(now, "see the plan and carry it out")
    if now.code is DecisionCode.FORGEABLE:
        check = (
            "only tags hold it back, and everybody who may tag the resource can write them: if they are "
            "wrong, run it now"
        )
        parts = (("Check at once", (check,)), why)
        return about_incident(NoticeKind.DRY_RUN, "dry run", now, parts, commands, urgency=Urgency.URGENT)
    return about_incident(NoticeKind.DRY_RUN, "dry run", now, (why,), commands)


def _for_a_person(now: Summary) -> Notice:
    """Compromised root credentials are the most urgent case, because only a person can act on them."""
    parts = [("Why nothing was changed", (now.reason,))]
    if now.code is DecisionCode.ROOT:
        measures = (Measure(NOT_CONTAINED, runbook=now.runbook),)
        return about_incident(NoticeKind.NOT_CONTAINED, "NOT contained", now, parts, measures=measures)
    if now.code is DecisionCode.PROTECTED:
        parts.append(("What to do", (_PROTECTED,)))
    urgent = now.code in {DecisionCode.URGENT, DecisionCode.EMERGENCY}
    return about_incident(
        NoticeKind.DECISION_NEEDED,
        "decision needed",
        now,
        parts,
        _by_hand(now),
        urgency=Urgency.URGENT if urgent else None,
    )


def _by_hand(now: Summary) -> tuple[Command, ...]:
    """Return the command that runs it all the same. Nothing runs a finding that is only reported."""
    if now.code in _NOT_RUN | {DecisionCode.URGENT} or now.runbook == REPORTS:
        return ()
    despite = ("--despite-exempt",) if now.code in {DecisionCode.EXEMPT, DecisionCode.EMERGENCY} else ()
    return run(now, f"{verb(now)} all the same", *despite)


REPORTS = "report-findings"
"""The runbook that only reports."""
