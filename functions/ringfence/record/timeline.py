"""The entries of a response as rows for people: time, actor, action, change and result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import singledispatch
from typing import TYPE_CHECKING

from ringfence.model.claims import SourceAnswer
from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput, UnknownRecord
from ringfence.model.finding import Finding
from ringfence.model.frozen import frozen
from ringfence.model.kinds.instance import InstanceRef
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Decision
from ringfence.record.facts import (
    Answer,
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoided,
    BreakerOpened,
    Closed,
    ContainmentBroken,
    ContinuationStarted,
    DecisionMade,
    Expiry,
    Fact,
    FindingReceived,
    Heartbeat,
    HistoryRejected,
    Intended,
    LeaseVoided,
    LeftUnfinished,
    LimitReset,
    Missed,
    Outcome,
    PauseHeld,
    PausesChanged,
    Planned,
    RecordUnsealed,
    Released,
    RemediationUndone,
    ReplayRequested,
    RunRequested,
    SourceAsked,
    SubjectGone,
    UnsealedAccepted,
    Verified,
)
from ringfence.record.pausing import scope, unreadable
from ringfence.record.pausing import words as pause_words
from ringfence.record.seal import places
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import line
from ringfence.record.transitions import is_for_others
from ringfence.record.wording import is_containment, said

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.record.chain import Entry
    from ringfence.record.summary import Line

VALUES = (Finding, Decision, InstanceRef, SourceAnswer, ApprovalRules)
"""The value classes in facts other than steps. Importing them makes them readable."""


@frozen
class RenderedFact:
    """A fact in words. `notes` are additional details. `step` is what a step does, without its result."""

    words: str
    notes: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    result: str = ""
    requests: tuple[str, ...] = ()
    step: str = ""


@frozen
class Row:
    """One entry. `kind` is the fact's class. Empty if the entry is unreadable."""

    entry: Entry
    at: datetime
    actor: str
    kind: str
    rendered: RenderedFact

    def as_json(self) -> dict[str, object]:
        """Return it as JSON data."""
        about = {"seq": self.entry.seq, "at": self.at.isoformat(), "actor": self.actor, "kind": self.kind}
        return {**about, **asdict(self.rendered), "hash": self.entry.hash}


def timeline(entries: Iterable[Entry]) -> tuple[Row, ...]:
    """Return one row for each entry. An entry that this version cannot read is shown as stored."""
    intents: dict[str, str] = {}
    rows = []
    for entry in entries:
        read = line(entry)
        rows.append(
            Row(entry, read.at, str(read.body.value.get("actor", "")), read.kind, _rendered(read, intents))
        )
    return tuple(rows)


def _rendered(read: Line, intents: dict[str, str]) -> RenderedFact:
    try:
        told = _as_said(_of_fact(read.entry.fact, intents), read)
    except (BadInput, UnknownRecord, ValueError, TypeError, AttributeError):
        # An entry of another version, or a tampered one: it can contain anything.
        told = _as_written(read)
    if read.kind == "Intended":
        intents[str(read.fact.value.get("intent"))] = told.step or told.words
    return told


def _as_said(told: RenderedFact, read: Line) -> RenderedFact:
    """Use the verdict's words for this runbook. A containment runbook is not contained before a review."""
    runbook = str(read.body.value.get("runbook", ""))
    if read.kind != "Verified":
        return told
    if not is_containment(runbook) and is_for_others(read.fact) and read.fact.texts("review"):
        words, result = "verified: a person must review the rest", IncidentStatus.FOR_REVIEW.words
        return replace(told, words=words, result=result)
    return replace(told, words=said(runbook, told.words))


def _as_written(read: Line) -> RenderedFact:
    step = read.fact.value.get("step")
    if isinstance(step, dict):
        before, after = (canonical(step[name]) if name in step else "" for name in ("before", "after"))
        return RenderedFact(
            f"{step.get('$')}, which this version does not know", (canonical(step),), before, after
        )
    if read.kind:
        return RenderedFact(f"{read.kind}, which this version cannot read", (canonical(read.fact.value),))
    return RenderedFact("unreadable", (read.entry.body,) if read.entry.body else ())


@singledispatch
def _of_fact(fact: Fact, intents: Mapping[str, str]) -> RenderedFact:
    del intents
    raise BadInput("fact", "must be a fact that the timeline can show", type(fact).__name__)


@_of_fact.register
def _(fact: FindingReceived, _: object) -> RenderedFact:
    one = fact.finding
    more = f"{one.type}, severity {one.severity:g}, seen {_count(one.count, 'time')}, id {one.id}"
    return RenderedFact(f"finding received: {one.title}", (more,))


@_of_fact.register
def _(fact: RunRequested, _: object) -> RenderedFact:
    dry = " (dry run)" if fact.dry_run else ""
    whose = "IAM authenticated the caller" if fact.verified else "IAM did not authenticate the caller"
    only = (f"only {', '.join(fact.remediations)}",) if fact.remediations else ()
    agreed = (f"confirmed plan: {fact.plan}",) if fact.plan else ()
    return RenderedFact(f"{fact.what} requested{dry}: {fact.reason}", (*only, whose, *agreed))


@_of_fact.register
def _(fact: DecisionMade, _: object) -> RenderedFact:
    mode = str(fact.decision.mode)
    notes = (_answered(fact.source),) if fact.source else ()
    policy = (f"policy file with SHA-256 {fact.policy}",) if fact.policy else ()
    return RenderedFact(f"decision: {mode}: {fact.decision.reason}", (*notes, *policy), result=mode)


@_of_fact.register
def _(fact: ApprovalRequested, _: object) -> RenderedFact:
    waits = "people can veto it" if fact.vetoable else "waits for approval"
    notes = (
        f"approval {fact.approval} of plan {fact.digest}",
        f"expires at {fact.expires_at:%Y-%m-%d %H:%M:%S} UTC",
        *((f"waits behind the limit {fact.limit}",) if fact.limit else ()),
        *_each("new", fact.difference),
        *_each("caution", fact.cautions),
    )
    return RenderedFact(f"the plan {waits}", notes, result=IncidentStatus.WAITING.words)


@_of_fact.register
def _(fact: ApprovalAnswered, _: object) -> RenderedFact:
    done = "approved" if fact.answer == Answer.APPROVE else "rejected"
    glass = ("break-glass: the rules about people did not apply",) if fact.break_glass else ()
    batch = (f"together with others, as batch {fact.batch}",) if fact.batch else ()
    return RenderedFact(f"{done}: {fact.reason}", (f"approval {fact.approval}", *glass, *batch), result=done)


@_of_fact.register
def _(fact: ApprovalExpired, _: object) -> RenderedFact:
    notes = (f"approval {fact.approval}", *((fact.detail,) if fact.detail else ()))
    return RenderedFact(_EXPIRED.get(fact.outcome, "the approval expired"), notes)


_EXPIRED = {
    Expiry.REJECT: "the approval expired: nothing is changed",
    Expiry.ESCALATE: "the approval expired: people are asked once more",
    Expiry.EXECUTE: "nobody vetoed the plan in time: it is carried out",
}


@_of_fact.register
def _(fact: ApprovalVoided, _: object) -> RenderedFact:
    by = (f"approval {fact.replaced_by} replaces it",) if fact.replaced_by else ()
    notes = (f"approval {fact.approval}", *_each("difference", fact.difference), *by)
    return RenderedFact(f"the approval counts no more: {fact.why}", notes)


@_of_fact.register
def _(fact: SourceAsked, _: object) -> RenderedFact:
    return RenderedFact(f"{_answered(fact.answer)} (finding {fact.finding})")


def _answered(answer: SourceAnswer) -> str:
    why = f": {answer.reason}" if answer.reason else ""
    return f"the source of the finding was asked: {answer.verdict}{why}"


@_of_fact.register
def _(fact: Planned, _: object) -> RenderedFact:
    much = _count(len(fact.steps), "step") if fact.steps else "nothing to do"
    steps = tuple(f"{step.describe()}: {' → '.join(step.diff())}" for step in fact.steps)
    return RenderedFact(f"planned {fact.stage}: {much}", (*steps, *_each("residual risk", fact.exposure)))


@_of_fact.register
def _(fact: Intended, _: object) -> RenderedFact:
    before, after = fact.step.diff()
    cost = fact.step.side_effects()
    does = fact.step.describe()
    return RenderedFact(f"about to {does}", (cost,) if cost else (), before, after, step=does)


@_of_fact.register
def _(fact: Outcome, intents: Mapping[str, str]) -> RenderedFact:
    seen = (
        ("a later read showed the result; the response of the call is unknown",) if fact.by != "call" else ()
    )
    ids = tuple(f"{symbol} is {name}" for symbol, name in fact.provides)
    notes = (*((fact.detail,) if fact.detail else ()), *seen, *ids)
    words = intents.get(fact.intent, fact.intent)
    told = f"{fact.result}: {words}"
    return RenderedFact(told, notes, result=fact.result, requests=fact.requests, step=words)


@_of_fact.register
def _(fact: Verified, _: object) -> RenderedFact:
    contained = IncidentStatus.CONTAINED if fact.contained else IncidentStatus.OPEN
    result = (IncidentStatus.COMPLETE if fact.complete else contained).words
    notes = (
        *_each("remaining", fact.remaining),
        *_each("settling", fact.settling),
        *_each("refused permanently", fact.refused),
        *_each("still open to an intruder", fact.open_access),
        *_each("residual risk", (one for one in fact.exposure if one not in fact.open_access)),
    )
    return RenderedFact(f"verified: {result}", notes, result=result)


@_of_fact.register
def _(fact: ContainmentBroken, _: object) -> RenderedFact:
    did = f"by {fact.who} with {fact.call}" if fact.who else "no event shows by whom"
    at = (
        (f"at {fact.at:%Y-%m-%d %H:%M:%S} UTC from {fact.address or 'an unknown address'}",)
        if fact.at
        else ()
    )
    event = (f"CloudTrail event {fact.event}",) if fact.event else ()
    answer = "Ringfence contains it again" if fact.answered else f"a person must decide: {fact.reason}"
    notes = (*at, *event, *_each("open", fact.open), answer)
    return RenderedFact(f"containment was undone, {did}", notes, result=IncidentStatus.OPEN.words)


@_of_fact.register
def _(fact: RemediationUndone, _: object) -> RenderedFact:
    words = f"the fix was undone {_count(fact.times, 'time')} within an hour"
    after = (f"the next fix follows at {fact.until:%H:%M:%S} UTC",) if fact.until else ()
    notes = (*_each("undone by", fact.who), *_each("value", fact.targets), *after)
    return RenderedFact(words, notes, result=IncidentStatus.OPEN.words)


@_of_fact.register
def _(fact: Released, intents: Mapping[str, str]) -> RenderedFact:
    words = "released: the changes were undone" if intents else "released: nothing was changed"
    return RenderedFact(words, _each("not undone", fact.skipped), result=IncidentStatus.RELEASED.words)


@_of_fact.register
def _(fact: Missed, _: object) -> RenderedFact:
    return RenderedFact(f"not found; Ringfence will read again: {fact.reason}", result="not found")


@_of_fact.register
def _(fact: SubjectGone, _: object) -> RenderedFact:
    words = f"the subject no longer exists, and what exists without it is watched: {fact.reason}"
    return RenderedFact(words, _each("watched", fact.watched), result="not found")


@_of_fact.register
def _(fact: ContinuationStarted, _: object) -> RenderedFact:
    notes = (f"it runs {', '.join(fact.remediations)}",) if fact.remediations else ()
    return RenderedFact("the continuation after containment began", notes)


@_of_fact.register
def _(fact: LeftUnfinished, _: object) -> RenderedFact:
    return RenderedFact(f"left unfinished: {fact.reason}", _each("open", fact.open))


@_of_fact.register
def _(fact: Heartbeat, _: object) -> RenderedFact:
    return RenderedFact(f"heartbeat of {_count(fact.places, 'place')}", _each("silent", fact.silent))


@_of_fact.register
def _(fact: LeaseVoided, _: object) -> RenderedFact:
    notes = (*_each("owner", filter(None, (fact.owner,))), *_each("until", filter(None, (fact.until,))))
    return RenderedFact(f"TAMPERING: a lease counts as none, because {fact.reason}", notes)


@_of_fact.register
def _(fact: HistoryRejected, _: object) -> RenderedFact:
    where = f"entry {fact.entry} of {fact.incident} is not authentic: {fact.why}"
    return RenderedFact(f"TAMPERING: {fact.asked} did not obey the record", (where,), result="refused")


@_of_fact.register
def _(fact: RecordUnsealed, _: object) -> RenderedFact:
    return RenderedFact("the entries of this execution are not sealed", (fact.reason,), result="unsealed")


@_of_fact.register
def _(fact: UnsealedAccepted, _: object) -> RenderedFact:
    words = f"released although entries {places(fact.entries)} are not sealed: {fact.reason}"
    covered = f"checkpoint {fact.covered} covers them" if fact.covered else "no checkpoint covers them"
    return RenderedFact(words, (covered,))


@_of_fact.register
def _(fact: PauseHeld, _: object) -> RenderedFact:
    why = (unreadable(fact.unreadable),) if fact.unreadable else tuple(map(pause_words, fact.pauses))
    return RenderedFact("held: nothing is changed now", why, result="paused")


@_of_fact.register
def _(fact: PausesChanged, _: object) -> RenderedFact:
    why = (f"resumed: {fact.reason}",) if fact.reason else ()
    others = (pause_words(one) for one in fact.active if one.id != fact.pause.id)
    notes = (pause_words(fact.pause), *why, *_each("also", others))
    return RenderedFact(f"pause of {scope(fact.pause)}: {fact.change}", notes)


@_of_fact.register
def _(fact: BreakerOpened, _: object) -> RenderedFact:
    until = f"until {fact.until:%Y-%m-%d %H:%M:%S} UTC at the latest, people are asked"
    much = "at a time" if fact.window == "open" else f"in one {fact.window}"
    return RenderedFact(f"limit reached: {fact.limit}, {fact.most} {much}", (until,))


@_of_fact.register
def _(fact: ReplayRequested, _: object) -> RenderedFact:
    each = (f"{id_}: {words}" for id_, words in zip(fact.letters, fact.about, strict=False))
    notes = (fact.reason, *_each("message", each))
    return RenderedFact(f"dead letters of {fact.queue} put back: {len(fact.letters)}", notes)


@_of_fact.register
def _(fact: LimitReset, _: object) -> RenderedFact:
    notes = (fact.reason, *_each("no longer counted", fact.owners))
    return RenderedFact(f"limit reset: {fact.limit}, {fact.most} may run again", notes)


@_of_fact.register
def _(fact: Closed, _: object) -> RenderedFact:
    return RenderedFact(f"closed: {fact.reason}", result=IncidentStatus.CLOSED.words)


def _each(what: str, words: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{what}: {one}" for one in words)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
