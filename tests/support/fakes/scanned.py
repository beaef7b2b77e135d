"""A deployment of scheduled scans in memory: AWS Config, the table, the bucket, the API and a queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.handlers.parts import SCAN, SUM, part_of
from ringfence.handlers.scans.handing import Handing
from ringfence.handlers.scans.plan import ScanPlan
from ringfence.handlers.scans.work import Environment, Scans
from ringfence.model.document import Document
from ringfence.model.errors import Retryable
from ringfence.model.resource_names import SCANS, function_role, role_arn
from ringfence.policy.policy import Policy
from ringfence.record.scans import PlaceResults, ScanHistory
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.config_items import ConfigItems
from tests.support.worlds import NOON, Ticking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from ringfence.handlers.parts import Part
    from ringfence.model.place import Place
    from ringfence.policy.senders import Sender
    from ringfence.posture.manual import ManualControl
    from ringfence.posture.rule import Rule
    from ringfence.record.notices import Notice

HOME, REGION = "111122223333", "eu-west-1"
SENDER = role_arn(HOME, function_role(SCANS))


@dataclass
class Memory:
    """The items of the control table."""

    items: dict[Place, str] = field(default_factory=dict)
    kept: str = ScanHistory().text

    def places(self, places: Iterable[Place]) -> dict[Place, PlaceResults]:
        return {one: PlaceResults.of(self.items[one]) for one in places if one in self.items}

    def history(self) -> ScanHistory:
        return ScanHistory.of(self.kept)

    def keep(self, place: Place, results: PlaceResults, at: datetime) -> None:
        del at
        self.items[place] = results.text

    def keep_history(self, history: ScanHistory, at: datetime) -> None:
        del at
        self.kept = history.text


@dataclass
class Files:
    """The objects of the bucket."""

    objects: dict[str, str] = field(default_factory=dict)

    def lines(self, name: str, fill: Callable[[Callable[[str], None]], bool]) -> None:
        written: list[str] = []
        if fill(written.append):
            self.objects[name] = "\n".join(written)

    def text(self, name: str, text: str) -> None:
        self.objects[name] = text


@dataclass
class Scanned:
    """Scheduled scans with everything that they reach. `posted` are the findings that the API got.

    The API does not answer the first `fails` requests.
    """

    rules: tuple[Rule, ...]
    accounts: tuple[str, ...] = (HOME,)
    regions: tuple[str, ...] = (REGION,)
    senders: tuple[Sender, ...] = ()
    points: float = 5
    config: ConfigItems = field(default_factory=ConfigItems)
    lasts: timedelta = timedelta(minutes=10)
    fails: int = 0
    most: int = 100
    manual: tuple[ManualControl, ...] = ()

    def __post_init__(self) -> None:
        self.clock = Ticking(NOON)
        self.memory, self.files = Memory(), Files()
        self.sent: list[tuple[str, int]] = []
        self.posted: list[dict[str, object]] = []
        self.told: list[Notice] = []
        self.answer = {"status": 202}
        self.refuses = ""
        policy = Policy(self.accounts, self.regions, senders=self.senders)
        plan = ScanPlan(self.rules, "digest", policy, self.regions, self.points, SENDER, self.manual)
        env = Environment(
            self.config,
            self.clock,
            lambda seconds: self.clock.tick(seconds=seconds),
            self.memory,
            self.files,
            Handing(policy, SENDER, self.post if self.senders else None),
            tuple(CATALOGUE.values()),
            self.most,
            self.send,
            in_turn,
            self.told.append,
        )
        self.scans = Scans(plan, env)

    def send(self, text: str, seconds: int) -> None:
        if self.refuses and self.refuses in text:
            raise Retryable("sqs:SendMessage: not now")
        self.sent.append((text, seconds))

    def post(self, given: tuple[object, ...]) -> tuple[Document, ...]:
        if self.fails:
            self.fails -= 1
            raise Retryable("the API does not answer")
        self.posted += [dict(Document.of(one).value) for one in given]
        return tuple(Document.of(self.answer) for _ in given)

    def part(self, text: str) -> Part:
        found = part_of(text, SCANS, self.clock(), (SCAN, SUM))
        assert found
        return found

    def run(self, most: int = 200) -> None:
        """Run one scan to its end, message by message, each when its time has come."""
        self.scans.begin()
        while self.sent:
            most -= 1
            assert most, "the scan does not end"
            (text, seconds), *self.sent = self.sent
            self.clock.tick(seconds=seconds)
            self.scans.work(self.part(text), self.clock() + self.lasts)

    @property
    def history(self) -> ScanHistory:
        return self.memory.history()
