"""A deployment of sweeps in memory: the sources, a log that records what is handed on, and a queue."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.handlers.parts import SUM, SWEEP, part_of
from ringfence.handlers.sweep_look import Reach
from ringfence.handlers.sweep_plans import answering, plans
from ringfence.handlers.sweeps import Sweeps
from ringfence.model.errors import BadInput, Retryable
from ringfence.model.incident import incident_id
from ringfence.policy.decision import Decision, Mode
from ringfence.policy.policy import Policy
from ringfence.policy.sweeps import DEFAULTS, SweepSettings, sweeps_from_json
from ringfence.record.chain import Stamp, link
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.record.sweeps import Looked
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.sources import Sources
from tests.support.worlds import NOON, Ticking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.engine.sweeping import Candidate
    from ringfence.handlers.parts import Part
    from ringfence.model.sweep import Event
    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.notices import Notice

HOME, REGION = "111122223333", "eu-west-1"
EVERY = sweeps_from_json({})
ANSWERING = answering(CATALOGUE.values(), Policy((HOME,)))


@dataclass
class Memory:
    """What sweeps remember. `broken`: how many of the next writes fail."""

    items: dict[str, str] = field(default_factory=dict)
    broken: int = 0

    def read(self, key: str) -> Looked:
        return Looked.of(self.items[key]) if key in self.items else Looked()

    def write(self, key: str, looked: Looked, at: datetime) -> None:
        del at
        if self.broken:
            self.broken -= 1
            raise Retryable("dynamodb:PutItem: not now")
        self.items[key] = looked.text

    def every(self, keys: Iterable[str]) -> Iterator[tuple[str, Looked]]:
        yield from ((key, self.read(key)) for key in keys if key in self.items)


@dataclass
class Log:
    """The audit log: it records the findings of an event, as the runbooks do, unless the policy says off."""

    clock: Callable[[], datetime]
    chains: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    off: bool = False
    reads: int = 0

    def since(self, key: ChainKey, at: datetime) -> Sequence[Entry]:
        del at
        self.reads += 1
        return self.chains.get(key.text, ())

    def record(self, text: str) -> None:
        """Answer an event: each of its findings is recorded in its chains."""
        for one in self._candidates(json.loads(text)):
            for key, _ in one.chains:
                known, now = self.chains.get(key.text, ()), self.clock()
                made = incident_id(one.finding.updated_at, one.finding.id)
                incident = known[-1].incident if known else made
                decided = DecisionMade(Decision(Mode.NOTIFY, "a test"), now)
                facts = (FindingReceived(one.finding), *(() if known else (decided,)))
                stamp = Stamp(key, incident, "test", "a-1", now)
                self.chains[key.text] = (*known, *link(stamp, known[-1] if known else None, facts))

    def _candidates(self, event: Event) -> tuple[Candidate, ...]:
        try:
            return () if self.off else ANSWERING.candidates(event, str(event["account"]))
        except BadInput:
            return ()


@dataclass
class Swept:
    """Sweeps with everything that they reach. `deliver` handles a message, as the queue does."""

    accounts: tuple[str, ...] = (HOME,)
    regions: tuple[str, ...] = (REGION,)
    settings: SweepSettings = EVERY
    sources: Sources = field(default_factory=Sources)
    memory: Memory = field(default_factory=Memory)
    records: bool = True
    lasts: timedelta = timedelta(minutes=4)

    def __post_init__(self) -> None:
        self.clock = Ticking(NOON)
        self.log = Log(self.clock)
        self.handed_on: list[str] = []
        self.sent: list[tuple[str, int]] = []
        self.told: list[Notice] = []
        self.waited: list[float] = []
        self.refuses = False
        made = plans(Policy(self.accounts, self.regions), self.settings, ANSWERING, REGION)
        reach = Reach(self.sources, self.log, self.hand_on, self.clock, self.wait)
        self.sweeps = Sweeps(made, ANSWERING, reach, self.memory, in_turn, self.send, self.told.append)

    def hand_on(self, text: str) -> None:
        """Take an event as the intake does."""
        if self.refuses:
            raise Retryable("sqs:SendMessage: not now")
        self.handed_on.append(text)
        if self.records:
            self.log.record(text)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.tick(seconds=seconds)

    def send(self, text: str, seconds: int) -> None:
        self.sent.append((text, seconds))

    def begin(self, name: str) -> list[Part]:
        """Begin a sweep. Return the messages to its places."""
        self.sweeps.begin(name)
        return [one for one in self.parts() if one.kind == SWEEP]

    def parts(self) -> list[Part]:
        """Take the messages that were sent."""
        texts, self.sent = self.sent, []
        return [self.part(text) for text, _ in texts]

    def part(self, text: str) -> Part:
        found = part_of(text, DEFAULTS, self.clock(), (SWEEP, SUM))
        assert found
        return found

    def work(self, part: Part) -> None:
        self.sweeps.work(part, self.clock() + self.lasts)

    def run(self, name: str) -> None:
        """Run one sweep to its end, with all that is tried again, and sum it up."""
        self.sweeps.begin(name)
        sums: list[str] = []
        while self.sent:
            (text, seconds), *self.sent = self.sent
            if self.part(text).kind == SUM:
                sums.append(text)
                continue
            self.clock.tick(seconds=seconds)
            try:
                self.work(self.part(text))
            except Retryable:  # the queue delivers it again
                self.clock.tick(seconds=5)
                self.work(self.part(text))
        for text in sums:
            part = self.part(text)
            self.clock.now = max(self.clock(), part.due)
            self.sweeps.work(part, self.clock() + self.lasts)

    @property
    def ids(self) -> Counter[str]:
        """How often each finding was handed on."""
        return Counter(_id(json.loads(text)) for text in self.handed_on)


def _id(event: dict[str, object]) -> str:
    detail = event["detail"]
    assert isinstance(detail, dict)
    return str(detail.get("id") or detail.get("eventID") or detail.get("resourceId"))


def only(**every: int) -> SweepSettings:
    """Return settings with these sweeps only."""
    return SweepSettings(tuple((name.replace("_", "-"), seconds) for name, seconds in every.items()))
