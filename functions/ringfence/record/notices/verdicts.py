"""Notices of verifications: contained, complete, not contained, refused, for review, a quota is reached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical, decode
from ringfence.record.deployment_facts import Pause
from ringfence.record.facts import Result
from ringfence.record.measures import (
    CONTAINED,
    NOT_CONTAINED,
    REFUSED,
    SECONDS,
    TIME_TO_CONTAINMENT,
    Measure,
)
from ringfence.record.notices.commands import release, run
from ringfence.record.notices.incident import about_incident, is_severe, verb
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.record.notices.notice import Command
from ringfence.record.pausing import is_pause
from ringfence.record.pausing import words as pause_words
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from ringfence.record.wording import is_containment, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.record.notices.notice import Notice
    from ringfence.record.notices.rendering import Parts
    from ringfence.record.summary import Line

READS_ON = "it goes on reading, recording and notifying"
_QUOTA = re.compile(r"\b(?!Request)[A-Z]\w*LimitExceeded\b|\bLimitExceeded(?:Exception)?\b")
"""The codes of AWS for a quota of resources. `RequestLimitExceeded` is throttling."""
_HELD = re.compile(r"\bInvalidGroup\.Duplicate\b")
"""The code of AWS for a name that somebody holds."""


def verified(now: Summary, before: Summary) -> Notice | None:
    """Return the notice of a verification, the newest fact. A verdict that does not change causes one."""
    refused = tuple(words for words in now.words("refused") if words not in before.words("refused"))
    measures = [Measure(REFUSED, len(refused), runbook=now.runbook)] if refused else []
    then, known = verdicts(now)[-1], [one for one in verdicts(before) if one is not None]
    if then is False and (why := _hindrances(now)) and why != _hindrances(_verified_before(before)):
        return _hindered(now, why, tuple(_counted(now, known, contained=then)))
    if then is not None and [then] != known[-1:]:
        return _verdict(now, (*measures, *_counted(now, known, contained=then)), contained=then)
    if then is False and not frozenset(now.words("review")) <= _reviewed(before):
        return _verdict(now, measures, contained=then)
    if refused:
        commands = (*run(now, "try it again"), *release(now, "undo what was done"))
        # No other way is left: an intruder keeps what the change would have taken away.
        hopeless = is_containment(now.runbook) and not frozenset(now.words("review")) <= _reviewed(before)
        return about_incident(
            NoticeKind.REFUSED,
            "refused permanently",
            now,
            _open(now),
            commands,
            measures=measures,
            urgency=Urgency.URGENT if hopeless else None,
        )
    return _completed(now, before)


def _verdict(now: Summary, measures: Sequence[Measure], *, contained: bool) -> Notice:
    parts = (*_paused(now), *_open(now))
    if contained:
        commands = release(now, "undo the changes, once the investigation is over")
        words = said(now.runbook, "contained")
        return about_incident(NoticeKind.CONTAINED, words, now, parts, commands, measures=measures)
    if now.status is IncidentStatus.FOR_REVIEW:
        return about_incident(NoticeKind.REVIEW_NEEDED, "review needed", now, parts, measures=measures)
    return about_incident(
        NoticeKind.NOT_CONTAINED,
        said(now.runbook, "NOT contained"),
        now,
        parts,
        (*_to_resume(now), *_to_contain(now)),
        measures=measures,
        urgency=None if is_containment(now.runbook) and is_severe(now) else Urgency.ACTION,
    )


def _completed(now: Summary, before: Summary) -> Notice | None:
    """Return the notice that a contained resource needs nothing more. Compliance runbooks have none."""
    ended = now.status is IncidentStatus.COMPLETE and before.status is not IncidentStatus.COMPLETE
    told = any(one.kind == "Verified" and one.fact.flag("complete") for one in before.lines)
    if not ended or told or not is_containment(now.runbook):
        return None
    commands = release(now, "undo the changes, once the investigation is over")
    return about_incident(NoticeKind.COMPLETE, "response complete", now, _open(now), commands)


def _to_contain(now: Summary) -> tuple[Command, ...]:
    return run(now, verb(now))


def _to_resume(now: Summary) -> tuple[Command, ...]:
    found = Command("see what is paused and end it", "ringfence pauses")
    return (found,) if _paused(now) else ()


def _paused(now: Summary) -> Parts:
    """Return why the steps that remain are not applied, if a pause holds them."""
    newest = next((one for one in reversed(now.lines) if one.kind in {"PauseHeld", "Intended"}), None)
    if newest is None or newest.kind != "PauseHeld":
        return ()
    found = tuple(decode(one.value) for one in newest.fact.children("pauses"))
    told = tuple(pause_words(one) for one in found if isinstance(one, Pause) and is_pause(one))
    follows = f"it applies them within minutes after the pause. To end it: ringfence resume; {READS_ON}"
    return (("Paused", told), ("What Ringfence does", (follows,))) if told else ()


def _hindered(now: Summary, why: tuple[str, ...], measures: Sequence[Measure]) -> Notice | None:
    """Return the notice that something prevents the containment which only a person can change."""
    quotas = tuple(words for words in why if _QUOTA.search(words))
    kind = NoticeKind.QUOTA_REACHED if quotas else NoticeKind.PREVENTED
    what = "a quota is reached" if quotas else "a change is prevented"
    parts = (("Quota" if quotas else "Why", quotas or why), ("What to do", (_advice(quota=bool(quotas)),)))
    return about_incident(kind, what, now, (*parts, *_open(now)), _to_contain(now), measures=measures)


def _hindrances(summary: Summary) -> tuple[str, ...]:
    """Return why the newest tries of changes failed that no further try will make, in words.

    AWS denies the call or has no room for what it creates, or what it needs is in somebody else's hands.
    """
    if not is_containment(summary.runbook):
        return ()
    newest: dict[str, str] = {}
    steps: dict[str, str] = {}
    for one in summary.lines:
        if one.kind == "Intended":
            steps[one.fact.optional_text("intent") or ""] = canonical(one.fact.value.get("step"))
        elif one.kind == "Outcome":
            intent = one.fact.optional_text("intent") or ""
            newest[steps.get(intent, intent)] = _prevented(one)
    return tuple(dict.fromkeys(filter(None, newest.values())))


def _prevented(outcome: Line) -> str:
    """Return why a change is prevented. Empty if it was made, or if another try can make it."""
    words, result = outcome.fact.optional_text("detail") or "", outcome.fact.optional_text("result")
    hopeless = _QUOTA.search(words) or _HELD.search(words)
    return words if result == Result.DENIED or (result == Result.FAILED and hopeless) else ""


def _verified_before(before: Summary) -> Summary:
    """Return the lines up to the last verification: those that its notice was about."""
    last = max((number for number, one in enumerate(before.lines, 1) if one.kind == "Verified"), default=0)
    return Summary(before.lines[:last])


def _advice(*, quota: bool) -> str:
    first = "delete what is not used, or request an increase in Service Quotas"
    if not quota:
        first = "allow the call, or delete or rename what has the name that Ringfence needs"
    return (
        f"{first}. Ringfence continues to try. Until then the resource is not contained. You can stop an "
        "instance yourself"
    )


def verdicts(summary: Summary) -> list[bool | None]:
    """Return for each verification whether it was contained. None if it causes no notice.

    It causes none while something settles, or after a run of later stages alone. A report that somebody
    undid a containment is a verdict too. A compliance runbook is contained if the newest verification of
    each of its remediations says so.
    """
    found: list[bool | None] = []
    parts: dict[str, bool] = {}
    for one in summary.lines:
        if one.kind == "ContainmentBroken":
            found.append(False)
        if one.kind != "Verified":
            continue
        fact = one.fact
        done = fact.flag("contained")
        parts.update(dict.fromkeys(fact.texts("remediations"), done))
        if done and (is_containment(summary.runbook) or all(parts.values())):
            found.append(True)
        else:
            untold = fact.texts("settling") or not fact.flag("judged", default=True)
            found.append(None if untold else False)
    return found


def _reviewed(summary: Summary) -> frozenset[str]:
    """Return the reviews that earlier notices already named."""
    looks = (one.fact for one in summary.lines if one.kind in {"ContainmentBroken", "Verified"})
    told = zip(looks, verdicts(summary), strict=True)
    return frozenset(words for fact, verdict in told if verdict is not None for words in fact.texts("review"))


def _counted(now: Summary, known: Sequence[bool], *, contained: bool) -> Iterator[Measure]:
    if not contained:
        yield Measure(NOT_CONTAINED, runbook=now.runbook)
        return
    yield Measure(CONTAINED, runbook=now.runbook)
    if True not in known:
        seconds = (now.lines[-1].at - now.allowed).total_seconds()
        yield Measure(TIME_TO_CONTAINMENT, max(seconds, 0.0), SECONDS, now.runbook)


def _open(now: Summary) -> Parts:
    return (
        ("Remaining", now.words("remaining")),
        ("Not finished yet", now.words("settling")),
        ("Refused permanently", now.words("refused")),
        ("To review", now.words("review")),
        ("Still open to an intruder", now.words("open_access")),
        ("Residual risk", tuple(one for one in now.residual_risk if one not in now.words("open_access"))),
    )
