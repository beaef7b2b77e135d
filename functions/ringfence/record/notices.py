"""Notices: the messages that some facts cause."""

from __future__ import annotations

import re
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.claims import Verdict
from ringfence.model.codec import canonical, decode
from ringfence.model.frozen import frozen
from ringfence.policy.decision import DecisionCode
from ringfence.record.facts import Pause, PauseChange, Result
from ringfence.record.measures import (
    CONTAINED,
    NOT_CONTAINED,
    REFUSED,
    SECONDS,
    TAMPER,
    TIME_TO_CONTAINMENT,
    UNSEALED,
    Measure,
)
from ringfence.record.pausing import scope
from ringfence.record.pausing import words as pause_words
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from ringfence.record.wording import is_containment, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ringfence.model.document import Document
    from ringfence.record.chain import Entry

NOTIFYING_FACTS = frozenset(
    (
        "ApprovalAnswered",
        "ApprovalExpired",
        "ApprovalRequested",
        "ApprovalVoided",
        "BreakerOpened",
        "Closed",
        "ContainmentBroken",
        "DecisionMade",
        "HistoryRejected",
        "LeaseVoided",
        "LeftUnfinished",
        "LimitReset",
        "PauseHeld",
        "PausesChanged",
        "RecordUnsealed",
        "Released",
        "RemediationUndone",
        "SourceAsked",
        "SubjectGone",
        "Verified",
    )
)
"""The facts that can cause a notice."""
_QUOTA = re.compile(r"\b(?!Request)[A-Z]\w*LimitExceeded\b|\bLimitExceeded(?:Exception)?\b")
"""The codes of AWS for a quota of resources. `RequestLimitExceeded` is throttling."""
LONGEST_SUBJECT, LONGEST_TEXT, MOST_WORDS = 99, 300, 20
HIGH = 7.0
"""The lowest severity of a finding that makes the end of its subject urgent. GuardDuty calls it high."""


@frozen
class Notice:
    """A message for a person: a subject of one ASCII line, and a text. `measures` are its metrics.

    `escalated`: it also goes to the topic for escalations.
    """

    subject: str
    text: str
    measures: tuple[Measure, ...] = ()
    escalated: bool = False


def plain(text: str, most: int = LONGEST_TEXT) -> str:
    """Shorten an untrusted text and escape characters that are not printable."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[:most])
    return f"{shown}…" if len(text) > most else shown


def subject_line(text: str) -> str:
    """Return a text as the subject of an SNS message: ASCII, one line, under 100 characters."""
    return plain(text).encode("ascii", "backslashreplace").decode()[:LONGEST_SUBJECT]


def notice(entries: Sequence[Entry]) -> Notice | None:
    """Return the notice for the last of `entries`, given the earlier ones. None if it causes none.

    Raises BadInput for an entry with fields of a wrong type.
    """
    now, before = Summary.of(entries), Summary.of(entries[:-1])
    if not now.lines:
        return None
    kind = now.lines[-1].kind
    if kind == "Verified":
        return _stopped(now) if now.releasing else _verified(now, before)
    if kind == "DecisionMade":
        return _decided(now, before)
    if kind.startswith("Approval"):
        from ringfence.record.approval_notices import approval_notice

        return approval_notice(now, entries)
    return _OTHERS[kind](now) if kind in _OTHERS else None


def _released(now: Summary) -> Notice:
    return message("released", now, (("Not undone", _texts(now, "skipped")),))


def _stopped(now: Summary) -> Notice | None:
    """Return the notice that a release stopped before its end. None while a release is in progress."""
    words = now.lines[-1].fact.texts("review")
    parts = (("What to do", words), ("Not undone", now.lines[-1].fact.texts("remaining")))
    return message("release not finished", now, parts) if words else None


def _broken(now: Summary) -> Notice:
    """Return the notice that somebody undid a containment: who, with which call, and what follows."""
    fact = now.lines[-1].fact
    parts = (
        ("Who undid it", (_culprit(fact),)),
        ("Open now", fact.texts("open")),
        ("What Ringfence does", _answer(now, fact)),
    )
    measures = (Measure(NOT_CONTAINED, runbook=now.runbook),)
    return message("URGENT, containment undone", now, parts, measures)


def _closed(now: Summary) -> Notice | None:
    """Return the notice that the subject no longer exists, so that nobody watches it any more.

    An intruder can delete a key, or end an instance, whose sessions stay valid. A setting of a resource that
    no longer exists needs nobody, unless Ringfence changed something.
    """
    changed = any(one.kind == "Intended" for one in now.lines)
    if not is_containment(now.runbook):
        return message("subject gone, incident closed", now, (_why_gone(now),)) if changed else None
    what_to_do = (
        "find out in CloudTrail who deleted or renamed it",
        "sessions that it started can be valid for up to 36 hours, and roles that it assumed are not revoked",
        "what Ringfence changed is not watched any more",
    )
    contained = [one for one in _verdicts(now) if one is not None][-1:] == [True]
    parts = (_why_gone(now), ("What to do", what_to_do))
    if contained:
        return message(f"{_urgency(now)}subject gone, incident closed", now, parts)
    measures = (Measure(NOT_CONTAINED, runbook=now.runbook),)
    return message(f"{_urgency(now)}subject gone, NOT contained", now, parts, measures)


def _gone(now: Summary) -> Notice:
    """Return the notice that the subject no longer exists, and what is watched without it."""
    parts = (
        _why_gone(now),
        ("Watched", _texts(now, "watched")),
        ("What to do", ("find out in CloudTrail who deleted it, and whether it was its owner",)),
    )
    return message(f"{_urgency(now)}subject gone, still watched", now, parts)


def _why_gone(now: Summary) -> tuple[str, tuple[str, ...]]:
    return "What was found", (now.lines[-1].fact.optional_text("reason") or "it does not exist",)


def _urgency(now: Summary) -> str:
    return "URGENT, " if any(one.severity >= HIGH for one in now.findings) else ""


def _left(now: Summary) -> Notice:
    """Return the notice that the policy permits nothing any more while changes are half done."""
    fact = now.lines[-1].fact
    parts = (
        ("Why nothing is finished", (fact.optional_text("reason") or "the policy permits nothing",)),
        ("Half done", fact.texts("open")),
        (
            "What to do",
            (
                f"To finish it: {_run_again(now)}",
                f'To undo it: ringfence release {now.incident} --reason "…"',
            ),
        ),
    )
    return message("URGENT, left unfinished", now, parts, (Measure(NOT_CONTAINED, runbook=now.runbook),))


def _voided(now: Summary) -> Notice:
    """Return the notice that somebody wrote a lease into the control table."""
    fact = now.lines[-1].fact
    parts = (
        ("What was found", (f"a lease that no execution took: {fact.optional_text('reason')}",)),
        ("Its owner", tuple(filter(None, (fact.optional_text("owner"),)))),
        ("It ended", tuple(filter(None, (fact.optional_text("until"),)))),
        (
            "What Ringfence does",
            (
                "it ignores the lease and continues",
                "find out who wrote to the control table: only Ringfence's functions may",
            ),
        ),
    )
    return message("URGENT, TAMPERING with the control table", now, parts, (Measure(TAMPER),))


def _pauses_unreadable(now: Summary) -> Notice | None:
    """Return the notice that nothing is changed because nobody can tell what is paused.

    The verification that follows causes the notice of what a pause holds.
    """
    why = now.lines[-1].fact.optional_text("unreadable")
    if not why:
        return None
    parts = (
        ("What was found", (f"the item of the control table that says what is paused: {why}",)),
        ("What Ringfence does", ("it changes nothing until it can read what is paused", _READS_ON)),
        (
            "What to do",
            (
                "find out who wrote to the control table: only Ringfence's functions may",
                "run `ringfence pauses`. `ringfence pause` and `ringfence resume` write the item again",
            ),
        ),
    )
    return message("URGENT, the pauses cannot be read", now, parts, (Measure(TAMPER),))


def _limit_reached(now: Summary) -> Notice:
    """Return the notice that a limit on automatic responses was reached. There is one in its window."""
    fact = now.lines[-1].fact
    limit, window = fact.text("limit"), fact.text("window")
    parts = (
        ("The limit", (f"{limit}: at most {fact.integer('most')} in {_WINDOWS.get(window, window)}",)),
        (
            "What Ringfence does",
            (
                "it collects the evidence",
                f"it asks a person before each response there that breaks a workload, {_WINDOW_ENDS}",
            ),
        ),
        (
            "What to do",
            (
                "find out whether this is an outbreak, or findings that somebody causes on purpose",
                "run `ringfence approvals` for what waits, and approve or reject each plan",
            ),
        ),
    )
    return message("URGENT, limit reached", now, parts)


def _limit_reset(now: Summary) -> Notice:
    """Return the notice that a person had a limit count from the beginning. It belongs to no incident."""
    fact = now.lines[-1].fact
    limit, who = fact.text("limit"), now.lines[-1].body.optional_text("actor") or "an unknown caller"
    lines = (
        f"limit reset: {limit}, by {who}: {fact.text('reason')}",
        f"Ringfence acts there again without a person, at most {fact.integer('most')} times",
        *_lists((("No longer counted", fact.texts("owners")),)),
        "What waits for approval still waits: ringfence approvals",
        "All limits: ringfence limits",
    )
    subject = subject_line(f"Ringfence: limit reset: {limit}")
    return Notice(subject, "\n".join(plain(one, 1000) for one in lines))


_WINDOW_ENDS = "until the oldest one is older than that"
_WINDOWS: Mapping[str, str] = MappingProxyType({"hour": "an hour", "day": "a day"})


def _paused(now: Summary) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return why the steps that remain are not applied, if a pause holds them."""
    newest = next((one for one in reversed(now.lines) if one.kind in {"PauseHeld", "Intended"}), None)
    if newest is None or newest.kind != "PauseHeld":
        return ()
    found = tuple(decode(one.value) for one in newest.fact.children("pauses"))
    told = tuple(pause_words(one) for one in found if isinstance(one, Pause))
    follows = f"it applies them within minutes after the pause. To end it: ringfence resume; {_READS_ON}"
    return (("Paused", told), ("What Ringfence does", (follows,))) if told else ()


def _pauses_changed(now: Summary) -> Notice | None:
    """Return the notice about a pause itself. It belongs to no incident."""
    fact = now.lines[-1].fact
    pause = decode(fact.optional_child("pause").value)
    change = fact.optional_text("change") or ""
    if not isinstance(pause, Pause) or change not in _PAUSE_TITLES:
        return None
    who = now.lines[-1].body.optional_text("actor") or "an unknown caller"
    active = (decode(one.value) for one in fact.children("active"))
    others = tuple(pause_words(one) for one in active if isinstance(one, Pause) and one.id != pause.id)
    reason = fact.optional_text("reason")
    lines = (
        f"{scope(pause)}: {_PAUSE_TITLES[change]}",
        pause_words(pause),
        *((f"Resumed by {who}: {reason}",) if reason else ()),
        _PAUSE_FOLLOWS[change],
        *_lists((("Other pauses", others),)),
        "All pauses: ringfence pauses",
    )
    subject = subject_line(f"Ringfence: {scope(pause)}: {_PAUSE_TITLES[change]}")
    return Notice(subject, "\n".join(plain(one, 1000) for one in lines))


def _undone(now: Summary) -> Notice:
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
    title = f"undone {times} {'time' if times == 1 else 'times'} within an hour"
    return message(title, now, parts)


def _asked(now: Summary) -> Notice | None:
    """Return the notice that a finding that was acted on is not confirmed. None if it is."""
    answer = now.lines[-1].fact.optional_child("answer")
    verdict = answer.optional_text("verdict") or ""
    if verdict == Verdict.CONFIRMED:
        return None
    what_to_do = (
        "the changes stay: an intruder can be the reason why the source does not confirm the finding",
        _SUSPECT,
        f'To undo the changes: ringfence release {now.incident} --reason "…"',
    )
    parts = (("Why", (answer.optional_text("reason") or "",)), ("What to do", what_to_do))
    if verdict == Verdict.UNKNOWN:
        return message("finding not confirmed", now, parts)
    return message(f"URGENT, {_DENIED.get(verdict, 'finding not confirmed')} after changes", now, parts)


def _rejected(now: Summary) -> Notice:
    """Return the notice that an entry is not authentic: which one, and what was not done because of it."""
    fact = now.lines[-1].fact
    asked, incident = fact.optional_text("asked") or "", fact.optional_text("incident") or ""
    goes_on = "a new incident began, so that containment does not wait for the record"
    follows = goes_on if incident != now.incident else f"nothing: {asked} was refused"
    parts = (
        ("Entry", (f"entry {fact.integer('entry')} of {incident}: {fact.optional_text('why') or ''}",)),
        ("What Ringfence does", (follows,)),
        (
            "What to do",
            (
                f"run `ringfence audit verify {incident}`",
                "find out in CloudTrail's data events of DynamoDB who wrote to the audit table",
            ),
        ),
    )
    return message("URGENT, TAMPERING: an entry is not authentic", now, parts, (Measure(TAMPER),))


def _unsealed(now: Summary) -> Notice:
    """Return the notice that entries have no MAC. They are as good as forged ones until somebody checks."""
    why = now.lines[-1].fact.optional_text("reason") or ""
    parts = (
        ("Why", (why,)),
        ("What follows", ("containment goes on; a release needs --despite-unsealed",)),
    )
    return message("record not sealed", now, parts, (Measure(UNSEALED),))


def _culprit(fact: Document) -> str:
    who, call = fact.optional_text("who"), fact.optional_text("call")
    if not who:
        return "no event shows who undid it: search CloudTrail for the calls on this resource"
    address = fact.optional_text("address") or "an unknown address"
    at = decode(fact.value.get("at"))
    when = f", {at:%Y-%m-%d %H:%M:%S} UTC" if isinstance(at, datetime) else ""
    return f"{who} called {call} from {address}{when}"


def _answer(now: Summary, fact: Document) -> tuple[str, ...]:
    if fact.flag("answered"):
        return ("Ringfence contains the resource again. If somebody undoes this as well, it asks a person",)
    return (
        f"nothing: {fact.optional_text('reason') or 'a person must decide'}",
        f"To contain it again: {_run_again(now)}",
    )


def _run_again(now: Summary) -> str:
    _, account, region, name = (*now.subject.split("/", 3), "", "", "")[:4]
    return f'ringfence run {now.runbook} {name} --account {account} --region {region} --reason "…"'


def _verified(now: Summary, before: Summary) -> Notice | None:
    refused = tuple(words for words in now.words("refused") if words not in before.words("refused"))
    measures = [Measure(REFUSED, len(refused), runbook=now.runbook)] if refused else []
    then, known = _verdicts(now)[-1], [one for one in _verdicts(before) if one is not None]
    paused = _paused(now)
    if then is False and (quota := _quotas(now)) and quota != _quotas(_verified_before(before)):
        counted = _counted(now, known, contained=then)
        return message("URGENT, a quota is reached", now, (*_quota(quota, now), *_open(now)), counted)
    if then is not None and [then] != known[-1:]:
        counted = _counted(now, known, contained=then)
        return message(_words(now, contained=then), now, (*paused, *_open(now)), (*measures, *counted))
    if then is False and not frozenset(now.words("review")) <= _reviewed(before):
        return message(_words(now, contained=then), now, (*paused, *_open(now)), measures)
    return message("refused permanently", now, _open(now), measures) if refused else None


def _quotas(summary: Summary) -> tuple[str, ...]:
    """Return the quotas that the newest outcomes of changes met, in the words of AWS."""
    if not is_containment(summary.runbook):
        return ()
    newest: dict[str, str] = {}
    steps: dict[str, str] = {}
    for one in summary.lines:
        if one.kind == "Intended":
            steps[one.fact.optional_text("intent") or ""] = canonical(one.fact.value.get("step"))
        elif one.kind == "Outcome":
            failed = one.fact.optional_text("result") == Result.FAILED
            intent = one.fact.optional_text("intent") or ""
            newest[steps.get(intent, intent)] = (one.fact.optional_text("detail") or "") if failed else ""
    return tuple(dict.fromkeys(words for words in newest.values() if _QUOTA.search(words)))


def _verified_before(before: Summary) -> Summary:
    """Return the lines up to the last verification: those that its notice was about."""
    last = max((number for number, one in enumerate(before.lines, 1) if one.kind == "Verified"), default=0)
    return Summary(before.lines[:last])


def _quota(met: tuple[str, ...], now: Summary) -> tuple[tuple[str, tuple[str, ...]], ...]:
    advice = (
        "delete what is not used, or request an increase in Service Quotas. Ringfence continues to try",
        f"If it does not contain the resource soon: {_run_again(now)}",
    )
    return (("Quota", met), ("What to do", advice))


def _words(now: Summary, *, contained: bool) -> str:
    """Return the title of a verdict. If only a review remains, the title says so."""
    if not contained and now.status is IncidentStatus.FOR_REVIEW:
        return "review needed"
    return said(now.runbook, "contained" if contained else "NOT contained")


def _verdicts(summary: Summary) -> list[bool | None]:
    """Return for each verification whether it was contained. None if it causes no notice.

    It causes none while something settles, or after a run of later stages alone. A report that somebody
    undid a containment is a verdict too. A compliance runbook is contained if the newest verification of
    each of its remediations says so.
    """
    verdicts: list[bool | None] = []
    parts: dict[str, bool] = {}
    for one in summary.lines:
        if one.kind == "ContainmentBroken":
            verdicts.append(False)
        if one.kind != "Verified":
            continue
        fact = one.fact
        found = fact.flag("contained")
        parts.update(dict.fromkeys(fact.texts("remediations"), found))
        if found and (is_containment(summary.runbook) or all(parts.values())):
            verdicts.append(True)
        else:
            untold = fact.texts("settling") or not fact.flag("judged", default=True)
            verdicts.append(None if untold else False)
    return verdicts


def _reviewed(summary: Summary) -> frozenset[str]:
    """Return the reviews that earlier notices already named."""
    looks = (one.fact for one in summary.lines if one.kind in {"ContainmentBroken", "Verified"})
    told = zip(looks, _verdicts(summary), strict=True)
    return frozenset(words for fact, verdict in told if verdict is not None for words in fact.texts("review"))


def _counted(now: Summary, known: Sequence[bool], *, contained: bool) -> Iterator[Measure]:
    if not contained:
        yield Measure(NOT_CONTAINED, runbook=now.runbook)
        return
    yield Measure(CONTAINED, runbook=now.runbook)
    if True not in known:
        seconds = (now.lines[-1].at - now.allowed).total_seconds()
        yield Measure(TIME_TO_CONTAINMENT, max(seconds, 0.0), SECONDS, now.runbook)


def _decided(now: Summary, before: Summary) -> Notice | None:
    asked = before.lines and before.lines[-1].kind == "RunRequested"
    mode, blinded = now.decided, now.verdict == Verdict.BLINDED
    if asked or mode is None:
        return None
    if mode.changes and blinded and before.verdict != Verdict.BLINDED:
        follows = ("the policy has it acted on all the same: findings.unconfirmable is auto",)
        parts = (("Why it is not confirmed", (now.source_reason,)), ("What Ringfence does", follows))
        return message(f"URGENT, {_DENIED[Verdict.BLINDED]}", now, parts)
    if (now.mode, now.reason) == (before.mode, before.reason) or not mode.leaves_to_a_person:
        return None
    if now.code in {DecisionCode.REFUTED, DecisionCode.BLINDED}:
        return _denied(now)
    if not mode.observes:
        return _for_a_person(now)
    return _for_a_person(now) if now.code is DecisionCode.EMERGENCY else _dry(now)


def _denied(now: Summary) -> Notice:
    """Return the notice about a finding that its source does not confirm. Nothing was changed."""
    absent = ("Ringfence asks again for two minutes, and responds if the source then has the finding",)
    parts = (
        ("Why nothing was changed", (now.reason,)),
        ("What Ringfence does", absent if now.verdict == Verdict.ABSENT else ()),
        ("What to do", (_SUSPECT, _by_hand(now))),
    )
    return message(f"URGENT, {_DENIED.get(now.verdict, 'finding not confirmed')}", now, parts)


def _by_hand(now: Summary) -> str:
    _, account, region, name = (*now.subject.split("/", 3), "", "", "")[:4]
    command = f"ringfence run {now.runbook} {name} --account {account} --region {region}"
    return f'To contain it all the same: {command} --reason "…"'


def _dry(now: Summary) -> Notice:
    """Return the notice of a dry run. It is urgent if an intruder can have caused it by a tag."""
    if now.code is DecisionCode.FORGEABLE:
        check = (
            "only tags hold it back, and everybody who may tag the resource can write them: if they are "
            f"wrong, run it now: {_run_again(now)}"
        )
        parts = (("Check at once", (check,)), ("Why nothing was changed", (now.reason,)))
        return message("URGENT, dry run", now, parts)
    return message("dry run", now, (("Why nothing was changed", (now.reason,)),))


def _for_a_person(now: Summary) -> Notice:
    """Compromised root credentials are the most urgent case, because only a person can act on them."""
    why = (("Why nothing was changed", (now.reason,)),)
    if now.code is DecisionCode.ROOT:
        return message("URGENT, NOT contained", now, why, (Measure(NOT_CONTAINED, runbook=now.runbook),))
    urgent = "URGENT, " if now.code in {DecisionCode.URGENT, DecisionCode.EMERGENCY} else ""
    return message(f"{urgent}decision needed", now, why)


def _open(now: Summary) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("Remaining", now.words("remaining")),
        ("Not finished yet", now.words("settling")),
        ("Refused permanently", now.words("refused")),
        ("Still open to an intruder", now.words("open_access")),
        ("Residual risk", tuple(one for one in now.residual_risk if one not in now.words("open_access"))),
    )


def _texts(now: Summary, field: str) -> tuple[str, ...]:
    return now.lines[-1].fact.texts(field)


def message(
    what: str,
    now: Summary,
    parts: Iterable[tuple[str, tuple[str, ...]]],
    measures: Iterable[Measure] = (),
) -> Notice:
    """Return a notice about an incident: what happened, and lists under titles."""
    kind, account, region, name = (*now.subject.split("/", 3), "", "", "")[:4]
    text = [
        f"{what}: {kind} {name} in account {account}, {region}",
        f"Incident {now.incident}, runbook {now.runbook}",
        *_findings(now),
        *_unconfirmed(now),
        *_lists(parts),
        f"Full record: ringfence incidents show {now.incident}",
    ]
    subject = subject_line(f"Ringfence: {what}: {name} ({account} {region})")
    return Notice(subject, "\n".join(plain(one) for one in text), tuple(measures))


def _findings(now: Summary) -> Iterator[str]:
    """Yield the newest findings only, because a message has a size limit."""
    if (unnamed := len(now.findings) - MOST_WORDS) > 0:
        yield f"Earlier findings: {unnamed}"
    for one in now.findings[-MOST_WORDS:]:
        yield f"Finding: {one.title} ({one.type}, severity {one.severity:g})"


def _unconfirmed(now: Summary) -> Iterator[str]:
    """Yield that the source of the finding did not confirm it, unless that is what the notice is about."""
    said = now.code in {DecisionCode.REFUTED, DecisionCode.BLINDED}
    if now.verdict in {Verdict.UNKNOWN, Verdict.BLINDED} and not said:
        yield f"Not confirmed by its source: {now.source_reason}"


def _lists(parts: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    for title, words in parts:
        if words:
            yield f"{title}:"
            yield from (f"- {one}" for one in words[:MOST_WORDS])
        if len(words) > MOST_WORDS:
            yield f"- and {len(words) - MOST_WORDS} more"


_SUSPECT = (
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
_READS_ON = "it goes on reading, recording and notifying"
_PAUSE_TITLES: Mapping[str, str] = MappingProxyType(
    {
        PauseChange.BEGAN: "PAUSED",
        PauseChange.ENDS_SOON: "the pause ends soon",
        PauseChange.ENDED: "the pause has ended",
        PauseChange.RESUMED: "resumed",
    }
)
_PAUSE_FOLLOWS: Mapping[str, str] = MappingProxyType(
    {
        PauseChange.BEGAN: f"Within 60 seconds, Ringfence changes nothing there any more; {_READS_ON}",
        PauseChange.ENDS_SOON: (
            "Then Ringfence applies what was held. To pause for longer: "
            'ringfence pause with the same scope, --for and --reason "..."'
        ),
        PauseChange.ENDED: "Ringfence applies what was held within minutes",
        PauseChange.RESUMED: "Ringfence applies what was held within minutes",
    }
)
_OTHERS: Mapping[str, Callable[[Summary], Notice | None]] = {
    "Closed": _closed,
    "BreakerOpened": _limit_reached,
    "ContainmentBroken": _broken,
    "HistoryRejected": _rejected,
    "LeaseVoided": _voided,
    "LeftUnfinished": _left,
    "LimitReset": _limit_reset,
    "PauseHeld": _pauses_unreadable,
    "PausesChanged": _pauses_changed,
    "RecordUnsealed": _unsealed,
    "Released": _released,
    "RemediationUndone": _undone,
    "SourceAsked": _asked,
    "SubjectGone": _gone,
}
"""The notices of facts that do not depend on earlier entries."""
