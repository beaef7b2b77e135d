"""Scheduled sweeps: read at the sources of findings what they reported since the last look."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ringfence.engine.sweeping import is_recorded
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import arrived, emit
from ringfence.handlers.parts import DUE, LONGEST, SUM, SWEEP, Part, send_again, send_to_each, told
from ringfence.handlers.sweep_look import Look
from ringfence.model.codec import instant_text
from ringfence.model.errors import Retryable, RingfenceError
from ringfence.model.place import Place
from ringfence.model.resource_names import SWEEP as LINK
from ringfence.record.chain import ChainKey
from ringfence.record.measures import FOUND_BY_SWEEP, Measure
from ringfence.record.notices.sweeps import found_by_sweep, suppressed
from ringfence.record.sweeps import Looked, sweep_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from ringfence.engine.ports import SideBySide
    from ringfence.engine.sweeping import Answering
    from ringfence.handlers.parts import Send
    from ringfence.handlers.sweep_look import Reach
    from ringfence.model.sweep import Sweep
    from ringfence.record.notices import Notice
    from ringfence.record.sweeps import Found

MOST_CHECKED = 200
"""Findings that are read again in the audit log before people are notified, in all places together."""


class Memory(Protocol):
    """What sweeps remember of each place."""

    def read(self, key: str) -> Looked:
        """Return what is remembered. Raises Retryable."""
        ...

    def write(self, key: str, looked: Looked, at: datetime) -> None:
        """Remember it. Raises Retryable."""
        ...

    def every(self, keys: Iterable[str]) -> Iterator[tuple[str, Looked]]:
        """Yield what is remembered under each of the keys, if there is something. Raises Retryable."""
        ...


@dataclass(frozen=True)
class Plan:
    """What one sweep reads, and where.

    Attributes
    ----------
    sweep : Sweep
        What it reads.
    places : tuple of Place
        The accounts and regions that the schedule sends messages for.
    every : timedelta
        The time between two of these sweeps.
    others : tuple of Place
        Further accounts and regions, for which a look at another place can send messages.
    only : mapping of Place to tuple of str
        The strands of places that have not all of them.
    """

    sweep: Sweep
    places: tuple[Place, ...]
    every: timedelta
    others: tuple[Place, ...] = ()
    only: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)

    def strands(self, place: Place) -> tuple[str, ...]:
        """Return what is read in a place."""
        return self.only.get(place, self.sweep.strands)


@dataclass(frozen=True)
class Sweeps:
    """Handles the schedule and the messages of all sweeps. `send` sends messages to their queue."""

    plans: Mapping[str, Plan]
    answering: Answering
    reach: Reach
    memory: Memory
    side_by_side: SideBySide
    send: Send
    tell: Callable[[Notice], None]

    def begin(self, name: str) -> int:
        """Send one message for each place, and one that sums up what was found. Return the number of places.

        A sweep that the policy has switched off since does nothing. Raises Retryable.
        """
        plan = self.plans.get(name)
        if plan is None:
            logger().info("off", extra={"sweep": name, "why": "the policy does not run this sweep"})
            return 0
        part = Part(SWEEP, name, self.reach.clock() + min(DUE, plan.every))
        self.send(replace(part, kind=SUM).text, 0)
        places = send_to_each(plan.places, part, self.send, self.side_by_side)
        logger().info("the sweep begins", extra={"sweep": name, "places": len(places)})
        return len(places)

    def work(self, part: Part, until: datetime) -> None:
        """Handle a message. No read begins after `until`. Raises Retryable."""
        plan, place = self.plans.get(part.runbook), Place(part.account, part.region)
        if plan is None or (part.kind == SWEEP and place not in (*plan.places, *plan.others)):
            logger().info("off", extra={"place": part.words, "why": "the policy does not sweep it any more"})
        elif part.kind == SUM:
            self._sum(plan, part)
        elif self.reach.clock() >= part.due:
            told(part, ("it was not finished before the next sweep",))
        else:
            self._look(plan, part, place, until)

    def _look(self, plan: Plan, part: Part, place: Place, until: datetime) -> None:
        key = sweep_key(part.runbook, place)
        before = self.memory.read(key)
        look = Look(plan.sweep, place, self.answering, self.reach, until, before, instant_text(part.due))
        every = plan.strands(place)
        strands = [one for one in part.subjects if one in every] or every
        visits = _Visits(look, tuple(strands))
        visits.make()
        self.memory.write(key, look.looked, self.reach.clock())
        logger().info("looked", extra={"place": part.words, "handed_on": look.handed_on})
        if visits.broken or look.unread:
            told(part, (*visits.broken, *look.unread))
        if visits.left:
            send_again(part, visits.left, self.send, failed=visits.has_failed)
        if look.administered is not None:
            self._others(plan, part, place, look.administered)

    def _others(self, plan: Plan, part: Part, place: Place, administered: tuple[str, ...]) -> None:
        """Send messages for the accounts that the administrator's account does not administer."""
        known = {place.account, *administered}
        alone = [one for one in plan.others if one.region == place.region and one.account not in known]
        if alone:
            logger().warning("read by themselves", extra={"accounts": [one.account for one in alone]})
            send_to_each(alone, replace(part, subjects=(), tries=0), self.send, self.side_by_side)

    def _sum(self, plan: Plan, part: Part) -> None:
        """Tell people of what was found, once the sweep is over: once for all places."""
        arrived(LINK)
        left = part.due - self.reach.clock()
        if left > timedelta(0):
            self.send(part.text, max(1, min(LONGEST, int(left.total_seconds()))))
            return
        sums = _Sums(self.reach, instant_text(part.due))
        keys = {sweep_key(part.runbook, place): place for place in (*plan.places, *plan.others)}
        for key, looked in self.memory.every(keys):
            sums.add(keys[key], looked)
        number = sum(map(len, sums.found.values())) + sums.more
        emit((Measure(FOUND_BY_SWEEP, number),))
        if number:
            logger().error("found by the sweep", extra={"sweep": part.runbook, "findings": number})
            self.tell(found_by_sweep(part.runbook, sums.found, sums.more))
        if sums.suppressed:
            self.tell(suppressed(sums.suppressed))


@dataclass
class _Visits:
    """The strands of one message. `left` are those that must be read again, with the reasons."""

    look: Look
    strands: tuple[str, ...]
    left: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    has_failed: bool = False

    def make(self) -> None:
        """Read each strand. One that fails keeps its last look, and no other one waits for it.

        If the time is over before the first one has come any further, another try will hardly help.
        """
        for number, strand in enumerate(self.strands):
            before = self.look.progress(strand)
            try:
                if left := self.look.read(strand):
                    self.left[strand] = left
                    self.has_failed |= not number and self.look.progress(strand) == before
            except Retryable as error:
                self.left[strand], self.has_failed = str(error), True
            except RingfenceError as error:
                logger().exception("the look failed", extra={"place": self.look.place.words})
                self.broken.append(f"{strand}: {error}")


@dataclass
class _Sums:
    """What one sweep found in all places, as far as the audit log has it by now."""

    reach: Reach
    sweep_id: str
    found: dict[Place, list[str]] = field(default_factory=dict)
    suppressed: dict[Place, list[str]] = field(default_factory=dict)
    more: int = 0
    checked: int = 0

    def add(self, place: Place, looked: Looked) -> None:
        """Add what was found in a place. Raises Retryable."""
        if looked.sweep != self.sweep_id:
            return
        types = [one.type for one in looked.found if self._is_recorded(one)]
        if types:
            self.found[place] = types
            self.more += looked.more
        if looked.suppressed:
            self.suppressed[place] = list(looked.suppressed)

    def _is_recorded(self, one: Found) -> bool:
        """Return whether a finding was recorded since it was handed on.

        A call that changed nothing for the worse, and a finding that the policy ignores, are not recorded.
        """
        if self.checked >= MOST_CHECKED:
            self.more += 1
            return False
        self.checked += 1
        keys = (ChainKey(*chain.split("#", 1)) for chain in one.chains)
        return any(is_recorded(one.id, self.reach.chains.since(key, self.reach.clock())) for key in keys)
