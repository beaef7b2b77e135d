"""Count recorded findings against the limits of a policy, at the times of the findings. Pure, without AWS.

The responses are kept and put in the order of their times: files have their events in any order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.engine.limits import Use, is_critical, slots_of
from ringfence.engine.over_limit import full_name
from ringfence.engine.replay_places import named_state
from ringfence.model.errors import LimitReached
from ringfence.model.frozen import frozen, replace
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.network import Network
from ringfence.policy.limits import (
    ACCOUNT,
    CLUSTER,
    GROUP,
    OVERALL,
    ROLE,
    RUNBOOK,
    SUBJECT,
    TARGET_GROUP,
    VPC,
)
from ringfence.record.limit_usage import window_of
from ringfence.record.slots import elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from ringfence.engine.offline import Answer
    from ringfence.engine.replay import Replayed
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.policy.limits import Limits
    from ringfence.record.chain import Slot

NO_EVENT: Mapping[str, object] = MappingProxyType({})
"""An event that says nothing."""
MOST_RESPONSES = 50_000
"""The number of responses that are kept and counted against the limits."""
MOST_BREAKERS = 1000
"""The number of breakers that are listed. All are counted."""
SHARE = "share"
"""What stands for the shares of groups among what is not known: no event says how large a group is."""
_SEEN: Mapping[type[Observation], tuple[str, ...]] = MappingProxyType(
    {Network: (VPC,), Host: (GROUP, CLUSTER, ROLE)}
)
"""The scopes that follow from each observation of an instance."""
_NOTHING: tuple[Observation, ...] = (Network("", (), ()), Host())
"""What stands for observations that an event does not contain: they are in no scope."""


@frozen
class Counted:
    """A decision that counts against limits.

    Attributes
    ----------
    decision : Replayed
        The decision.
    use : Use
        Who uses the limits, and when.
    scopes : tuple of (str, str)
        The scopes of the limits, and their names in keys.
    limits : Limits
        The limits of the policy.
    contains : bool
        Whether its incident stays open, so that later findings about the resource need no place.
    not_known : tuple of str
        The scopes whose limits are not counted, because the event does not say which of them it concerns.
    """

    decision: Replayed
    use: Use
    scopes: tuple[tuple[str, str], ...]
    limits: Limits
    contains: bool
    not_known: tuple[str, ...] = ()

    def slots(self) -> tuple[Slot, ...]:
        """Return the places that the response needs."""
        return tuple(
            slot
            for scope, name in self.scopes
            for slot in slots_of(self.limits, scope, name, self._use(scope))
        )

    def _use(self, scope: str) -> Use:
        """Return who uses a scope. The places of a subject belong to incidents.

        An incident that does not stay open is over before the next finding about the resource.
        """
        if scope != SUBJECT or self.contains:
            return self.use
        return replace(self.use, owner=f"{self.use.owner}@{self.use.at.isoformat()}")


@dataclass
class Opened:
    """A breaker that would have opened. `held` is the number of decisions that wait until it closes."""

    limit: str
    most: int
    opened_at: datetime
    closes_at: datetime
    held: int = 0


@dataclass
class Limited:
    """What limits would have held back.

    Attributes
    ----------
    counted, held, opened : int
        The decisions that count against limits, those about which a person is asked, and the breakers.
    by_limit : Counter of str
        The decisions that are held back, by the limit.
    breakers : list of Opened
        The breakers in the order of their times, at most `MOST_BREAKERS`.
    left_out : int
        The decisions beyond `MOST_RESPONSES`. They are not counted against limits.
    not_known : Counter of str
        The decisions for which the limits of a scope are not counted, by the scope.
    """

    counted: int = 0
    held: int = 0
    opened: int = 0
    by_limit: Counter[str] = field(default_factory=Counter)
    breakers: list[Opened] = field(default_factory=list)
    left_out: int = 0
    not_known: Counter[str] = field(default_factory=Counter)


@dataclass
class LimitReplay:
    """Collects what counts against limits, and then counts it."""

    most: int = MOST_RESPONSES
    _kept: list[Counted] = field(default_factory=list)
    _left_out: int = 0

    def add(self, one: Counted) -> bool:
        """Keep a decision. Return False if there are too many."""
        if len(self._kept) >= self.most:
            self._left_out += 1
            return False
        self._kept.append(one)
        return True

    def finish(self) -> tuple[Limited, tuple[tuple[Replayed, str], ...]]:
        """Return what limits hold back, and each kept decision with the limit. Empty if none holds it."""
        limited, told = Limited(left_out=self._left_out), []
        items: dict[str, Slot] = {}
        open_: dict[str, Opened] = {}
        begun: set[tuple[str, str]] = set()
        for one in sorted(self._kept, key=lambda kept: kept.decision.at):
            key = (one.decision.runbook, one.decision.subject)
            limit = "" if key in begun else self._used(one, items, open_, limited)
            if one.contains and not limit:
                begun.add(key)
            told.append((one.decision, limit))
        return limited, tuple(told)

    def _used(self, one: Counted, items: dict[str, Slot], open_: dict[str, Opened], limited: Limited) -> str:
        """Use the places, all or none. Return the limit that has none."""
        limited.counted += 1
        limited.not_known.update(one.not_known)
        slots = one.slots()
        refused = [slot for slot in slots if not _is_free(slot, items)]
        try:
            items.update((slot.key, slot) for slot in elsewhere(slots, refused, items))
        except LimitReached as reached:
            limit = full_name(reached.limit)
            limited.held += 1
            limited.by_limit[limit] += 1
            _opened(limit, reached.most, one.decision.at, open_, limited).held += 1
            return limit
        return ""


def counted(
    answer: Answer, replayed: Iterator[Replayed], limits: Limits, event: Mapping[str, object] = NO_EVENT
) -> Iterator[Counted]:
    """Yield the decisions of an answer that count: those that change something that can break a workload.

    `event` is the event that was answered. It can say in which groups and networks an instance is.
    """
    for (ref, portion), one in zip(answer.decisions, replayed, strict=True):
        stage = portion.runbook.stages[0] if portion.runbook.stages else None
        if not one.mode.changes or stage is None or not any(each.can_break for each in stage.remediations):
            continue
        use = Use(ref.key, one.at, critical=is_critical(answer.finding, ref), chain=None)
        state = named_state(event, ref)
        scopes = tuple(dict.fromkeys(_scopes(portion.runbook, state)))
        not_known = tuple(_not_known(portion.runbook, state))
        yield Counted(one, use, scopes, limits, not answer.runbook.closes_when_complete, not_known)


def _scopes(runbook: Runbook, state: ResourceState) -> Iterator[tuple[str, str]]:
    """Yield the scopes that are known without AWS."""
    ref = state.ref
    yield OVERALL, OVERALL
    yield ACCOUNT, f"{ACCOUNT}/{ref.account}"
    yield RUNBOOK, f"{RUNBOOK}/{runbook.id}"
    yield SUBJECT, f"{SUBJECT}/{runbook.id}/{ref.key}"
    for missing in _NOTHING:
        state = state if type(missing) in state else state.with_observation(missing)
    for one in runbook.stages[0].remediations:
        names = tuple(one.scopes(state)) if one.scopes else ()
        yield from ((name.partition("/")[0], name) for name in names)


def _not_known(runbook: Runbook, state: ResourceState) -> Iterator[str]:
    """Yield the scopes of an instance that the event does not name. Only AWS knows its target groups."""
    if not runbook.sizes:
        return
    yield from (scope for kind, scopes in _SEEN.items() if kind not in state for scope in scopes)
    yield from (TARGET_GROUP, SHARE)


def _is_free(slot: Slot, items: dict[str, Slot]) -> bool:
    held = items.get(slot.key)
    return held is None or held.free(slot.at, slot.owner, slot.period)


def _opened(limit: str, most: int, at: datetime, open_: dict[str, Opened], limited: Limited) -> Opened:
    """Return the breaker that is open at a time. It opens now if none is."""
    known = open_.get(limit)
    if known is None or at >= known.closes_at:
        known = open_[limit] = Opened(limit, most, at, at + window_of(limit))
        limited.opened += 1
        if len(limited.breakers) < MOST_BREAKERS:
            limited.breakers.append(known)
    return known
