"""What must hold at every moment of a run and in its end. Pure: sentences about what is wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.incident import Incident
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import State
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.denial_names import subject_of
from ringfence.record.approval_facts import ApprovalAnswered, ApprovalExpired
from ringfence.record.approvals import ApprovalStatus, approval_of
from ringfence.record.chain import PERIOD, digest
from ringfence.record.containments import is_contained
from ringfence.record.facts import (
    DecisionMade,
    FindingReceived,
    Intended,
    Outcome,
    Released,
    Result,
    RunRequested,
    Verified,
)
from ringfence.record.merkle import Edge
from ringfence.record.tlog import Leaf, extended
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support.simulation.faults import SKEW

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.record.chain import ChainKey, Entry, Lease
    from ringfence.record.deployment_facts import Pause
    from ringfence.record.history import History
    from ringfence.record.integrity import Archived
    from ringfence.record.tlog import Checkpoint
    from tests.support.simulation.scenario import Subject

LONGEST_LEASE = timedelta(seconds=30)
"""How long new activity may wait for an execution that died."""
STOPPED = timedelta(seconds=60)
"""How long after a pause a change may start."""
MOST_TRIES = 45
"""How often one change may be tried within an hour."""
NO_VERDICTS = ("] dry run:", "decision needed:", "approv", "vetoed", "] rejected:")
"""What notices that say nothing of what was begun have in their subject."""
NOT_MADE = frozenset({Result.REFUSED, Result.NOT_APPLIED, Result.FAILED, Result.DENIED, Result.SKIPPED})


@dataclass(frozen=True)
class Change:
    """A change that was truly made: by an execution, for an incident of a chain, or by somebody else."""

    at: datetime
    chain: str
    incident: str
    attempt: str
    step: Step
    undoes: bool = False


def limit_holds(
    subject: Subject, history: History, step: Step, alone: dict[str, datetime], now: datetime
) -> Iterator[str]:
    """Without a person, no second instance of an Auto Scaling group is isolated within an hour.

    `alone` are the instances that were, and when first. All instances of a scenario are of one group.
    """
    asked = any(isinstance(fact, RunRequested | ApprovalAnswered) for _, fact in history.facts)
    if asked or not isinstance(step, SetSecurityGroups):
        return
    alone.setdefault(subject.name, now)
    for other, at in alone.items():
        if other != subject.name and now - at < PERIOD:
            yield f"{subject.name} is isolated without a person within an hour of {other}"


def is_linked(before: Sequence[Entry], added: Sequence[Entry]) -> Iterator[str]:
    """A chain has one entry for each number, and each names the one before it."""
    last: dict[str, Entry] = {entry.incident: entry for entry in before}
    for entry in added:
        head = last.get(entry.incident)
        expected = (head.seq + 1, head.hash) if head else (0, "")
        if (entry.seq, entry.previous) != expected or digest(entry.body) != entry.hash:
            yield f"the chain is forked or broken at entry {entry.seq} of {entry.incident}"
        last[entry.incident] = entry


def has_intent(history: History, attempt: str, step: Step) -> Iterator[str]:
    """Every change stands behind an open intent of the execution that makes it."""
    mine = {fact.step for entry, fact in history.open_intents if entry.attempt == attempt}
    if step not in mine:
        yield f"a change is made that no open intent of {attempt} records: {step.describe()}"


def is_one_writer(lease: Lease, attempt: str, now: datetime) -> Iterator[str]:
    """Who changes something holds the lease."""
    if lease.held(now - SKEW, attempt):
        yield f"{attempt} changes something, and {lease.owner} holds the lease until {lease.until}"


def is_not_paused(holding: Sequence[Pause], since: Mapping[str, datetime], now: datetime) -> Iterator[str]:
    """No change starts later than a minute after a pause that holds it."""
    for one in holding:
        late = now - since.get(one.id, now)
        if late > STOPPED + SKEW:
            yield f"something is changed {late.total_seconds():.0f} s after the beginning of {one.id}"


def is_taken_fairly(before: Lease, after: Lease, attempt: str, now: datetime) -> Iterator[str]:
    """Nobody takes a lease that is held, or one that is longer than an execution may be waited for."""
    if before.held(now + SKEW, attempt):
        yield f"{attempt} takes the lease that {before.owner} holds until {before.until}"
    if after.until and after.until > now + LONGEST_LEASE + SKEW:
        yield f"{attempt} takes a lease until {after.until}: new activity would wait for it that long"


def names_are_unique(history: History) -> Iterator[str]:
    """No two intents of an incident have one name."""
    for name, count in Counter(one.intent for one in history.of(Intended)).items():
        if count > 1:
            yield f"{count} intents are called {name}"


def only_what_was_approved_begins(history: History, added: Sequence[Entry]) -> Iterator[str]:
    """A decision that carries out an approval stands behind enough answers, or a veto's time, and once."""
    made = [(entry, fact) for entry, fact in history.facts if isinstance(fact, DecisionMade)]
    begun = [(entry, fact) for entry, fact in made if fact.approval]
    silent = {one.approval for one in history.of(ApprovalExpired)}
    for name, count in Counter(fact.approval for _, fact in begun).items():
        if count > 1:
            yield f"approval {name} began {count} times"
    numbers = {entry.seq for entry in added}
    for entry, fact in begun:
        if entry.seq not in numbers:
            continue
        before = [one for one in history.entries if one.seq < entry.seq]
        found = approval_of(before, fact.approval)
        if found is None or found.status(entry.at) is not ApprovalStatus.APPROVED:
            yield f"approval {fact.approval} began, and it was {found and found.status(entry.at)}"
        elif not found.approvers and fact.approval not in silent:
            yield f"approval {fact.approval} began without an answer"


def decisions_name_their_policy(added: Sequence[Entry], deployed: Collection[str]) -> Iterator[str]:
    """Each decision has the digest of a policy that was deployed when it was made, or just before."""
    for entry in added:
        fact = entry.fact
        if isinstance(fact, DecisionMade) and fact.policy not in deployed:
            what = f"{fact.decision.mode}: {fact.decision.reason}"
            yield f"a decision does not name its policy, but {fact.policy!r}: {what}"


def tries_are_few(history: History, now: datetime) -> Iterator[str]:
    """What is refused is not tried for ever at the same pace."""
    recent = (
        (fact.step.target, fact.step.diff()[1])
        for entry, fact in history.facts
        if isinstance(fact, Intended) and entry.at > now - timedelta(hours=1)
    )
    for (target, _), count in Counter(recent).items():
        if count > MOST_TRIES:
            yield f"{target} was tried {count} times within an hour"


def outcomes_are_true(history: History, added: Sequence[Entry], made: Sequence[Change]) -> Iterator[str]:
    """What is recorded as not made was not made, and what is recorded as made was."""
    intents = {fact.intent: (entry, fact) for entry, fact in history.facts if isinstance(fact, Intended)}
    truly = Counter((one.attempt, one.step) for one in made)
    results = {one.intent: one.result for one in history.of(Outcome)}
    perhaps = Counter(
        (entry.attempt, fact.step)
        for entry, fact in intents.values()
        if results.get(fact.intent) not in NOT_MADE
    )
    last = {one.step.target: one for one in made}
    for entry in added:
        fact = entry.fact
        if not isinstance(fact, Outcome) or fact.intent not in intents:
            continue
        begun, intended = intents[fact.intent]
        if isinstance(intended.step, LogOnlyStep):
            continue
        count = truly[begun.attempt, intended.step]
        newest = last.get(intended.step.target)
        is_newest = newest is not None and (newest.attempt, newest.step) == (begun.attempt, intended.step)
        is_made = count > perhaps[begun.attempt, intended.step]
        if fact.result in NOT_MADE and is_made and (is_newest or fact.by == "call"):
            yield f"the record says {fact.result}, and it was made: {intended.step.describe()}"
        if (fact.result, fact.by) == (Result.APPLIED, "call") and not count:
            yield f"the record says applied, and it was not made: {intended.step.describe()}"


def nothing_is_recorded_twice(
    history: History, added: Sequence[Entry], made: Sequence[Change]
) -> Iterator[str]:
    """What is recorded as made was made as often: a look does not count a change for a second intent."""
    applied = {one.intent for one in history.of(Outcome) if one.result == Result.APPLIED}
    steps = {one.intent: one.step for one in history.of(Intended) if one.intent in applied}
    recorded, truly = Counter(map(_sets, steps.values())), Counter(_sets(one.step) for one in made)
    for entry in added:
        step = steps.get(entry.fact.intent) if isinstance(entry.fact, Outcome) else None
        if step is None or isinstance(step, LogOnlyStep):
            continue
        if (count := recorded[_sets(step)]) > (times := truly[_sets(step)]):
            yield f"it is recorded as made {count} times, and it was made {times} times: {step.describe()}"


def _sets(step: Step) -> tuple[str, str]:
    """Return what a step changes, and to which value."""
    return step.target, step.diff()[1]


def left(
    subject: Subject, history: History, world: ResourceState, ids: Iterable[str] = ()
) -> tuple[Step, ...]:
    """Return what a plan of the first stage finds left to do in a world."""
    incident = _incident(subject, history)
    runbook = subject.case.runbook.on(subject.ref)
    runbook = runbook.narrowed(tuple(ids) or _decided(history) or runbook.ids)
    if runbook.stages[0].id != subject.case.runbook.stages[0].id:
        return ()
    planned = runbook.stages[0].plan(replace(world, ref=subject.ref), incident)
    return tuple(step for step in planned if not step.best_effort)


def _incident(subject: Subject, history: History) -> Incident:
    choices = [one.choices for one in history.of(DecisionMade) if one.decision.mode.changes and one.choices]
    chosen = choices[-1] if choices else subject.case.chosen
    opened_at = history.opened_at or history.entries[0].at
    incident = Incident(history.incident, opened_at, choices=chosen, past=history.steps())
    return incident.with_findings(one.finding for one in history.of(FindingReceived))


def _decided(history: History) -> tuple[str, ...]:
    made = [one for one in history.of(DecisionMade) if one.decision.mode.changes]
    return tuple(dict.fromkeys(id_ for one in made for id_ in one.remediations))


def contained_is_contained(
    subject: Subject, history: History, added: Sequence[Entry], worlds: Sequence[ResourceState]
) -> Iterator[str]:
    """What is called contained was so in one of the worlds that the look can have shown."""
    for entry in added:
        fact = entry.fact
        if not isinstance(fact, Verified) or not fact.contained or history.release_asked_at is not None:
            continue
        remaining = [left(subject, history, world, fact.remediations) for world in worlds]
        if all(remaining):
            yield f"it is called contained, and this is left: {remaining[-1][0].describe()}"


def standing(changes: Iterable[Change], incident: str, world: ResourceState) -> tuple[Step, ...]:
    """Return what an incident changed and what still holds, although it could be undone."""
    first: dict[str, Step] = {}
    last: dict[str, Change] = {}
    for one in changes:
        last[one.step.target] = one
        if one.incident == incident:
            first.setdefault(one.step.target, one.step)
    return tuple(
        one.step
        for one in last.values()
        if one.incident == incident
        and not one.undoes
        and not one.step.irreversible
        and not isinstance(one.step, LogOnlyStep)
        and one.step.state(world) is State.AFTER
        and first[one.step.target].diff()[0] != one.step.diff()[1]
    )


def released_is_released(
    added: Sequence[Entry], changes: Sequence[Change], world: ResourceState
) -> Iterator[str]:
    """Nothing that an incident changed holds after its release, unless the release says so."""
    for entry in added:
        fact = entry.fact
        if not isinstance(fact, Released):
            continue
        # Who says that somebody has put it back does not say that it holds.
        told = " ".join(words for words in fact.skipped if "somebody has put it back" not in words)
        for step in standing(changes, entry.incident, world):
            if not any(words in told for words in (step.target, step.describe(), step.inverse().describe())):
                yield f"it is called released, and this holds: {step.describe()}"


def needed(subject: Subject, history: History, world: ResourceState) -> frozenset[str]:
    """Return what the remediations whose containment is watched would change in a world, in words."""
    incident = _incident(subject, history)
    runbook = subject.case.runbook.on(subject.ref)
    decided = _decided(history)
    runbook = runbook.narrowed(one.id for one in runbook.remediations if one.undone_by and one.id in decided)
    seen = replace(world, ref=subject.ref)
    steps = (step for stage in runbook.stages for step in stage.plan(seen, incident))
    return frozenset(step.describe() for step in steps if not isinstance(step, LogOnlyStep))


def nothing_needed_is_taken(
    subject: Subject, history: History, before: ResourceState, after: ResourceState
) -> Iterator[str]:
    """A release takes nothing away that another contained incident needs, as its own denial shows."""
    denial = before[Denial] if Denial in before else Denial()
    shown = denial.holder and any(
        subject_of(policy.name, denial.holder, subject.ref.account) == subject.ref for policy in denial.inline
    )
    if shown and history.entries and is_contained(history):
        for words in sorted(needed(subject, history, after) - needed(subject, history, before)):
            yield f"a release takes from {subject.name} what its incident needs: {words}"


def ends_well(subject: Subject, history: History, world: ResourceState, told: Sequence[str]) -> Iterator[str]:
    """In the end, an incident is contained, released or closed as its record says, or a person was told."""
    if not history.entries or history.closed_at is not None:
        if history.open_intents:
            yield "the incident is over, and an intent is open"
        return
    intents = [entry.at for entry, fact in history.facts if isinstance(fact, Intended)]
    # A notice of a dry run, or of a finding that a policy leaves to a person, says nothing of what was begun.
    verdicts = [one for one in told if not any(words in one for words in NO_VERDICTS)]
    was_told = bool(verdicts) and "] contained:" not in verdicts[-1]
    if history.open_intents and not was_told:
        words = history.open_intents[0][1].step.describe()
        yield f"an intent is open, nobody comes back, and nobody was told: {words}"
    if history.release_asked_at is not None or not intents:
        return
    judged = [one for one in history.of(Verified) if one.judged]
    if not judged or not judged[-1].contained:
        if not was_told:
            yield "it was begun and is not contained, and nobody was told"
    elif (remaining := left(subject, history, world)) and history.broken is None:
        yield f"the record calls it contained in the end, and this is left: {remaining[0].describe()}"


def findings_are_kept(
    accepted: Mapping[str, str], histories: Iterable[History], dead: Iterable[str]
) -> Iterator[str]:
    """A finding that was accepted ends in a record or in a dead-letter queue."""
    recorded = {one.finding.id for history in histories for one in history.of(FindingReceived)}
    bodies = set(dead)
    for id_, body in accepted.items():
        if id_ not in recorded and body not in bodies:
            yield f"the finding {id_} is in no record and in no dead-letter queue"


def releases_end(history: History, told: Sequence[str]) -> Iterator[str]:
    """A release that began has ended, or a person was told."""
    if history.release_asked_at is None or history.released_at is not None:
        return
    if not any("release not finished" in one or one == "a dead letter" for one in told):
        yield "a release began and did not end, and nobody was told"


def archived_is_logged(
    recorded: Mapping[ChainKey, Sequence[Entry]],
    archived: Mapping[tuple[str, str], Sequence[Archived]],
    leaves: Sequence[str],
) -> Iterator[str]:
    """What is recorded is archived unchanged, and what is archived is in the log, once and in its order."""
    logged = Counter(leaves)
    wanted: list[str] = []
    for key, entries in recorded.items():
        for incident in dict.fromkeys(one.incident for one in entries):
            own = [one for one in entries if one.incident == incident]
            kept = {one.seq: (one.body, one.hash, one.mac) for one in archived.get((key.text, incident), ())}
            for one in own:
                name = f"entry {one.seq} of {incident}"
                if kept.pop(one.seq, None) != (one.body, one.hash, one.mac):
                    yield f"{name} is recorded, and the archive has none or another one"
            yield from (f"the archive has entry {seq} of {incident}, which nobody recorded" for seq in kept)
            ours = [Leaf.of(key.text, f"{incident}#{one.seq:06d}", one).text for one in own]
            wanted += ours
            if [leaf for leaf in leaves if leaf in set(ours)] != ours:
                yield f"the log has the entries of {incident} twice, not at all or in another order"
    if strange := logged - Counter(wanted):
        yield f"the log has {strange.total()} leaves of no recorded entry"


def checkpoints_cover(checkpoints: Sequence[Checkpoint], leaves: Sequence[str]) -> Iterator[str]:
    """Each checkpoint covers the beginning of the published log, none is smaller than an earlier one."""
    for before, one in zip((None, *checkpoints), checkpoints, strict=False):
        if before and one.size < before.size:
            yield f"a checkpoint over {one.size} entries follows one over {before.size}"
        if extended(Edge(), (), leaves[: one.size]).edge.root != one.root:
            yield f"the checkpoint over {one.size} entries does not cover what is published"
