"""What a response found, decided, changed and verified, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.facts import (
    Closed,
    ContainmentBroken,
    ContinuationStarted,
    DecisionMade,
    FindingReceived,
    Intended,
    LeftUnfinished,
    Missed,
    Outcome,
    Planned,
    Released,
    RemediationUndone,
    RestoredBefore,
    RunRequested,
    SourceAsked,
    SubjectGone,
    Verified,
)
from ringfence.record.rendered import RenderedFact, count, each, rendered
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.claims import SourceAnswer


@rendered.register(FindingReceived)
def _(fact: FindingReceived, _: object) -> RenderedFact:
    one = fact.finding
    more = f"{one.type}, severity {one.severity:g}, seen {count(one.count, 'time')}, id {one.id}"
    return RenderedFact(f"finding received: {one.title}", (more,))


@rendered.register(RunRequested)
def _(fact: RunRequested, _: object) -> RenderedFact:
    dry = " (dry run)" if fact.dry_run else ""
    whose = "IAM authenticated the caller" if fact.verified else "IAM did not authenticate the caller"
    only = (f"only {', '.join(fact.remediations)}",) if fact.remediations else ()
    agreed = (f"confirmed plan: {fact.plan}",) if fact.plan else ()
    return RenderedFact(f"{fact.what} requested{dry}: {fact.reason}", (*only, whose, *agreed))


@rendered.register(DecisionMade)
def _(fact: DecisionMade, _: object) -> RenderedFact:
    mode = str(fact.decision.mode)
    notes = (_answered(fact.source),) if fact.source else ()
    policy = (f"policy file with SHA-256 {fact.policy}",) if fact.policy else ()
    return RenderedFact(f"decision: {mode}: {fact.decision.reason}", (*notes, *policy), result=mode)


@rendered.register(SourceAsked)
def _(fact: SourceAsked, _: object) -> RenderedFact:
    return RenderedFact(f"{_answered(fact.answer)} (finding {fact.finding})")


def _answered(answer: SourceAnswer) -> str:
    why = f": {answer.reason}" if answer.reason else ""
    return f"the source of the finding was asked: {answer.verdict}{why}"


@rendered.register(Planned)
def _(fact: Planned, _: object) -> RenderedFact:
    much = count(len(fact.steps), "step") if fact.steps else "nothing to do"
    steps = tuple(f"{step.describe()}: {' → '.join(step.diff())}" for step in fact.steps)
    return RenderedFact(f"planned {fact.stage}: {much}", (*steps, *each("residual risk", fact.exposure)))


@rendered.register(Intended)
def _(fact: Intended, _: object) -> RenderedFact:
    before, after = fact.step.diff()
    cost = fact.step.side_effects()
    does = fact.step.describe()
    return RenderedFact(f"about to {does}", (cost,) if cost else (), before, after, step=does)


@rendered.register(Outcome)
def _(fact: Outcome, intents: Mapping[str, str]) -> RenderedFact:
    seen = (
        ("a later read showed the result; the response of the call is unknown",) if fact.by != "call" else ()
    )
    ids = tuple(f"its id is {name}" for _, name in fact.provides)
    notes = (*((fact.detail,) if fact.detail else ()), *seen, *ids)
    words = intents.get(fact.intent, fact.intent)
    told = f"{fact.result}: {words}"
    return RenderedFact(told, notes, result=fact.result, requests=fact.requests, step=words)


@rendered.register(Verified)
def _(fact: Verified, _: object) -> RenderedFact:
    contained = IncidentStatus.CONTAINED if fact.contained else IncidentStatus.OPEN
    result = (IncidentStatus.COMPLETE if fact.complete else contained).words
    notes = (
        *each("remaining", fact.remaining),
        *each("settling", fact.settling),
        *each("refused permanently", fact.refused),
        *each("still open to an intruder", fact.open_access),
        *each("residual risk", (one for one in fact.exposure if one not in fact.open_access)),
    )
    return RenderedFact(f"verified: {result}", notes, result=result)


@rendered.register(ContainmentBroken)
def _(fact: ContainmentBroken, _: object) -> RenderedFact:
    did = f"by {fact.who} with {fact.call}" if fact.who else "no event shows by whom"
    at = (
        (f"at {fact.at:%Y-%m-%d %H:%M:%S} UTC from {fact.address or 'an unknown address'}",)
        if fact.at
        else ()
    )
    event = (f"CloudTrail event {fact.event}",) if fact.event else ()
    decide = f"a person must decide: {fact.reason}" if fact.reason else "a person must decide"
    answer = "Ringfence contains it again" if fact.answered else decide
    notes = (*at, *event, *each("open", fact.open), answer)
    return RenderedFact(f"containment was undone, {did}", notes, result=IncidentStatus.OPEN.words)


@rendered.register(RemediationUndone)
def _(fact: RemediationUndone, _: object) -> RenderedFact:
    words = f"the fix was undone {count(fact.times, 'time')} within an hour"
    after = (f"the next fix follows at {fact.until:%H:%M:%S} UTC",) if fact.until else ()
    notes = (*each("undone by", fact.who), *each("value", fact.targets), *after)
    return RenderedFact(words, notes, result=IncidentStatus.OPEN.words)


@rendered.register(Released)
def _(fact: Released, intents: Mapping[str, str]) -> RenderedFact:
    words = "released: the changes were undone" if intents else "released: nothing was changed"
    return RenderedFact(words, each("not undone", fact.skipped), result=IncidentStatus.RELEASED.words)


@rendered.register(RestoredBefore)
def _(fact: RestoredBefore, _: object) -> RenderedFact:
    words = f"restored by a release a moment ago, so a read may be late: {', '.join(fact.targets)}"
    return RenderedFact(words, result="may be late")


@rendered.register(Missed)
def _(fact: Missed, _: object) -> RenderedFact:
    return RenderedFact(f"not found; Ringfence will read again: {fact.reason}", result="not found")


@rendered.register(SubjectGone)
def _(fact: SubjectGone, _: object) -> RenderedFact:
    words = f"the subject no longer exists, and what exists without it is watched: {fact.reason}"
    return RenderedFact(words, each("watched", fact.watched), result="not found")


@rendered.register(ContinuationStarted)
def _(fact: ContinuationStarted, _: object) -> RenderedFact:
    notes = (f"it runs {', '.join(fact.remediations)}",) if fact.remediations else ()
    return RenderedFact("the continuation after containment began", notes)


@rendered.register(LeftUnfinished)
def _(fact: LeftUnfinished, _: object) -> RenderedFact:
    return RenderedFact(f"left unfinished: {fact.reason}", each("open", fact.open))


@rendered.register(Closed)
def _(fact: Closed, _: object) -> RenderedFact:
    return RenderedFact(f"closed: {fact.reason}", result=IncidentStatus.CLOSED.words)
