"""What the chain of one response says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from ringfence.model.frozen import frozen, replace
from ringfence.record.chain import Lease, Members
from ringfence.record.facts import (
    RELEASE,
    Closed,
    ContainmentBroken,
    DecisionMade,
    Fact,
    FindingReceived,
    Intended,
    Missed,
    Outcome,
    Released,
    RemediationUndone,
    RunRequested,
    Verified,
)
from ringfence.record.pauses import Pauses
from ringfence.record.seal import Proof

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.finding import Finding
    from ringfence.model.step import Step
    from ringfence.record.chain import Entry

F = TypeVar("F", bound=Fact)
Provided = Mapping[str, frozenset[str]]
"""Ids by the key of their symbol."""


def with_provided(known: Provided, facts: Iterable[Fact]) -> Provided:
    """Return the known ids with those of what calls of Ringfence created.

    What a read found does not count: anybody can create a thing with the same name and tags.
    """
    found = {symbol: set(ids) for symbol, ids in known.items()}
    for fact in facts:
        if isinstance(fact, Outcome) and fact.by == "call":
            for symbol, id_ in fact.provides:
                found.setdefault(symbol, set()).add(id_)
    return {symbol: frozenset(ids) for symbol, ids in found.items()}


@frozen
class History:
    """The chain of the newest incident of a resource, and its lease.

    `provided` are the ids of what Ringfence created for any resource of the account and region, by symbol.
    `not_provided` is the stored value of an item that does not count as Ringfence's, to be replaced.
    `proof` is what the seals say about the origin of the entries that were read. `pauses` is what was paused
    at that time. `members` are the target groups of the resource.
    """

    entries: tuple[Entry, ...] = ()
    lease: Lease = Lease()
    provided: Provided = field(default_factory=dict)
    proof: Proof = Proof()
    pauses: Pauses = Pauses()
    not_provided: Mapping[str, object] | None = None
    members: Members = Members()

    def judged(self, now: datetime) -> History:
        """Return it with a lease that is marked if it is void."""
        lease = self.lease.judged(now)
        return self if lease is self.lease else replace(self, lease=lease)

    def provided_with(self, pending: Iterable[Fact] = ()) -> Provided:
        """Return the ids with those of this chain, and of facts that are not written yet.

        An entry whose origin is not proved adds none: anybody could name any group in it.
        """
        unproved = frozenset(self.proof.unproved)
        proved = (entry.fact for entry in self.entries if entry.seq not in unproved)
        return with_provided(self.provided, (*proved, *pending))

    @property
    def incident(self) -> str:
        """The incident's id. Empty if there is none."""
        return self.entries[0].incident if self.entries else ""

    @property
    def head(self) -> Entry | None:
        """The newest entry."""
        return self.entries[-1] if self.entries else None

    @cached_property
    def facts(self) -> tuple[tuple[Entry, Fact], ...]:
        """Every entry with its fact."""
        return tuple((entry, entry.fact) for entry in self.entries)

    def of(self, kind: type[F]) -> tuple[F, ...]:
        """Return the facts of one kind, oldest first."""
        found = self._by_kind.get(kind)
        if found is None:
            found = self._by_kind[kind] = tuple(fact for _, fact in self.facts if isinstance(fact, kind))
        return cast("tuple[F, ...]", found)

    @cached_property
    def _by_kind(self) -> dict[type[Fact], tuple[Fact, ...]]:
        """What `of` has returned. One response asks for the same kinds again and again."""
        return {}

    def last(self, kind: type[F]) -> F | None:
        """Return the newest fact of one kind."""
        return next(iter(reversed(self.of(kind))), None)

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """The outcome of each intent that has one."""
        return {outcome.intent: outcome for outcome in self.of(Outcome)}

    @cached_property
    def open_intents(self) -> tuple[tuple[Entry, Intended], ...]:
        """Intents whose outcome is unknown, oldest first."""
        known = self.outcomes
        return tuple((e, f) for e, f in self.facts if isinstance(f, Intended) and f.intent not in known)

    def steps(self, *results: str) -> tuple[Step, ...]:
        """Return the steps with one of these results. Without results, return all intended steps."""
        known = self.outcomes
        return tuple(
            one.step
            for one in self.of(Intended)
            if not results or (one.intent in known and known[one.intent].result in results)
        )

    def tried_at(self) -> tuple[datetime, ...]:
        """Return when each intended step was recorded, in the order of `steps()`."""
        return tuple(entry.at for entry, fact in self.facts if isinstance(fact, Intended))

    @property
    def closed_at(self) -> datetime | None:
        """When the incident was released or closed. None while it is open."""
        ends = [entry.at for entry, fact in self.facts if isinstance(fact, Released | Closed)]
        return ends[-1] if ends else None

    @property
    def missed_at(self) -> datetime | None:
        """When the resource was first not found since it was last seen. None if it exists."""
        found = None
        for entry, fact in self.facts:
            if isinstance(fact, Missed):
                found = found or entry.at
            elif isinstance(fact, Intended | Verified):
                found = None
        return found

    @property
    def released_at(self) -> datetime | None:
        """When the incident was released. None if it was not, even if it is closed."""
        return next((entry.at for entry, fact in self.facts if isinstance(fact, Released)), None)

    @cached_property
    def remediated(self) -> dict[str, datetime | None]:
        """When the newest verification of each applied remediation found no remaining step.

        None if a step remained or nothing was verified. Different remediations answer the findings of one
        incident, so each has its own time.
        """
        found: dict[str, datetime | None] = {}
        for entry, fact in self.facts:
            if isinstance(fact, DecisionMade) and fact.decision.mode.changes:
                found = {**dict.fromkeys(fact.remediations), **found}
            elif isinstance(fact, Verified):
                looked = fact.remediations or tuple(found)
                found.update(dict.fromkeys(looked, entry.at if fact.complete else None))
            elif isinstance(fact, RemediationUndone):
                found.update(dict.fromkeys(fact.remediations))
        return found

    @property
    def completed_at(self) -> datetime | None:
        """When the last applied remediation was verified. None while a step remains."""
        found = tuple(self.remediated.values())
        times = tuple(at for at in found if at)
        return max(times) if times and times == found and not self.open_intents else None

    @property
    def release_asked_at(self) -> datetime | None:
        """When a person last requested a release. None if a run was requested or called for since.

        Later activity that may be acted on calls for a run.
        """
        asked = [(entry.at, fact) for entry, fact in self.facts if isinstance(fact, RunRequested)]
        wishes = [(at, fact.what) for at, fact in asked if not fact.dry_run]
        if not wishes or not wishes[-1][1].startswith(RELEASE):
            return None
        at = wishes[-1][0]
        acted_on = {made.finding for made in self.of(DecisionMade) if made.decision.mode.changes}
        seen = (one.finding for one in self.of(FindingReceived) if one.finding.last_seen > at)
        return None if any(finding.id in acted_on for finding in seen) else at

    @property
    def opened_at(self) -> datetime | None:
        """The time of the incident."""
        decision = self.last(DecisionMade)
        return decision.opened_at if decision else None

    @property
    def verified(self) -> Verified | None:
        """The newest verification."""
        return self.last(Verified)

    @property
    def broken(self) -> ContainmentBroken | None:
        """The newest report that containment was undone. None after a later verification."""
        newest = (fact for _, fact in reversed(self.facts) if isinstance(fact, ContainmentBroken | Verified))
        last = next(newest, None)
        return last if isinstance(last, ContainmentBroken) else None

    def reports(self, broken: ContainmentBroken) -> bool:
        """Return whether the newest report, without a later verification, names all that this one names."""
        return self.broken is not None and set(self.broken.open) >= set(broken.open)

    def knows(self, received: FindingReceived) -> bool:
        """Return whether this update of the finding is recorded, with what the policy decides by.

        A copy of it can have another type and severity, and must not stand for it.
        """
        new = _decisive(received.finding)
        return any(_decisive(old.finding) == new for old in self.of(FindingReceived))

    def knows_version(self, received: FindingReceived) -> bool:
        """Return whether an update of the finding with the same time is recorded, whatever it says."""
        new = _decisive(received.finding)[:2]
        return any(_decisive(old.finding)[:2] == new for old in self.of(FindingReceived))


def _decisive(finding: Finding) -> tuple[str, datetime, str, float]:
    return finding.id, finding.updated_at, finding.type, finding.severity


def without_entries(history: History) -> History:
    """Return the lease, and what the control table says, without the entries of the chain."""
    proof = Proof(missing=history.proof.missing)
    return History((), history.lease, history.provided, proof, history.pauses, members=history.members)
