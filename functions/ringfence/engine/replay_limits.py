"""Count recorded findings against the limits of a policy, at the times of the findings. Pure, without AWS.

The responses are kept and put in the order of their times: files have their events in any order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.engine.limits import Use, is_critical, slots_of
from ringfence.engine.over_limit import full_name
from ringfence.model.errors import InternalError, LimitReached
from ringfence.model.frozen import frozen
from ringfence.model.observation import ResourceState
from ringfence.policy.limits import ACCOUNT, OVERALL, RUNBOOK
from ringfence.record.limit_usage import window_of
from ringfence.record.slots import elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.engine.offline import Answer
    from ringfence.engine.replay import Replayed
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.limits import Limits
    from ringfence.record.chain import Slot

MOST_RESPONSES = 50_000
"""The number of responses that are kept and counted against the limits."""
MOST_BREAKERS = 1000
"""The number of breakers that are listed. All are counted."""


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
    """

    decision: Replayed
    use: Use
    scopes: tuple[tuple[str, str], ...]
    limits: Limits
    contains: bool

    def slots(self) -> tuple[Slot, ...]:
        """Return the places that the response needs."""
        return tuple(
            slot for scope, name in self.scopes for slot in slots_of(self.limits, scope, name, self.use)
        )


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
    """

    counted: int = 0
    held: int = 0
    opened: int = 0
    by_limit: Counter[str] = field(default_factory=Counter)
    breakers: list[Opened] = field(default_factory=list)
    left_out: int = 0


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


def counted(answer: Answer, replayed: Iterator[Replayed], limits: Limits) -> Iterator[Counted]:
    """Yield the decisions of an answer that count: those that change something that can break a workload."""
    for (ref, portion), one in zip(answer.decisions, replayed, strict=True):
        stage = portion.runbook.stages[0] if portion.runbook.stages else None
        if not one.mode.changes or stage is None or not any(each.can_break for each in stage.remediations):
            continue
        use = Use(ref.key, one.at, critical=is_critical(answer.finding, ref))
        scopes = tuple(dict.fromkeys(_scopes(portion.runbook, ref)))
        yield Counted(one, use, scopes, limits, not answer.runbook.closes_when_complete)


def _scopes(runbook: Runbook, ref: Ref) -> Iterator[tuple[str, str]]:
    """Yield the scopes that are known without AWS.

    A group and a VPC are not known. How often new incidents about one resource begin is not known, either.
    """
    yield OVERALL, OVERALL
    yield ACCOUNT, f"{ACCOUNT}/{ref.account}"
    yield RUNBOOK, f"{RUNBOOK}/{runbook.id}"
    for one in runbook.stages[0].remediations:
        try:
            names = tuple(one.scopes(ResourceState(ref, {}))) if one.scopes else ()
        except InternalError:  # it needs an observation
            continue
        yield from ((name.partition("/")[0], name) for name in names)


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
