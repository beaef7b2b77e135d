"""A forged entry in a chain of the deployment delays nobody: the next entry opens a new incident."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.daily_chain import record_today
from ringfence.engine.pauses import key_of
from ringfence.engine.ports import Ports
from ringfence.model.incident import incident_id
from ringfence.record.chain import ChainKey, Stamp, digest, link
from ringfence.record.deployment_facts import PausesChanged, ReplayRequested
from ringfence.record.notices import notice
from ringfence.record.pausing import LONGEST
from ringfence.record.slots import REPLAYS, RESETS
from ringfence.record.tampering_facts import HistoryRejected
from tests.support import pauses
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.seals import OTHER, FixedSeals
from tests.support.worlds import NOON, Ticking, estate

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.record.chain import Entry
    from ringfence.record.facts import Fact

FACT = ReplayRequested("contain-instance", ("a",), ("x",), "the outage is over")
KEYS = tuple(ChainKey(name, pauses.HOME.key) for name in (RESETS, REPLAYS))
MIDNIGHT = NOON.replace(hour=0)


@dataclass
class Deployment:
    """What people do to a deployment, and what an intruder writes into its audit table."""

    key: ChainKey
    clock: Ticking = field(default_factory=Ticking)
    log: MemoryLog = field(default_factory=MemoryLog)

    def record(self, only_sealed: str = "") -> None:
        cloud = MemoryCloud(estate(), self.clock)
        ports = Ports(cloud, self.log, self.clock, in_turn)
        record_today(ports, self.key, FACT, pauses.context(self.clock()), only_sealed)

    def forge(self, incident: str, fact: Fact = FACT, sign: Callable[[Entry], Entry] | None = None) -> None:
        """Write an entry as anybody with dynamodb:PutItem can. `sign`: with a MAC that is wrong otherwise."""
        kept = self.log._entries.setdefault(self.key.text, {})  # an intruder needs no lease
        head = max((one for one in kept.values() if one.incident == incident), key=_seq, default=None)
        stamp = Stamp(self.key, incident, "ringfence-operate", "a-0", self.clock())
        for entry in map(sign or self.signed, link(stamp, head, (fact,))):
            kept[entry.incident, entry.seq] = entry

    def signed(self, entry: Entry) -> Entry:
        return replace(entry, mac=OTHER.keys[0].mac(self.key, entry))

    @property
    def kinds(self) -> list[str]:
        """The kinds of the facts in the newest incident."""
        return [type(fact).__name__ for _, fact in self.log.read(self.key).facts]


def _seq(entry: Entry) -> int:
    return entry.seq


def unsigned(entry: Entry) -> Entry:
    return entry


@pytest.fixture(params=KEYS, ids=lambda key: key.runbook)
def deployment(request: pytest.FixtureRequest) -> Deployment:
    return Deployment(request.param)


FUTURE = incident_id(NOON.replace(year=2099), "forged")


def today(deployment: Deployment) -> str:
    return incident_id(MIDNIGHT, deployment.key.runbook)


@pytest.mark.parametrize("only_sealed", ["", "reset a limit"])
@pytest.mark.parametrize("before", ["unused", "used"])
@pytest.mark.parametrize("where", ["today", "2099"])
def test_after_a_forged_entry_the_next_one_opens_an_incident_of_now(
    deployment: Deployment, where: str, before: str, only_sealed: str
) -> None:
    if before == "used":
        deployment.record()
    deployment.forge(FUTURE if where == "2099" else today(deployment))
    deployment.clock.tick(minutes=1)
    deployment.record(only_sealed)
    history = deployment.log.read(deployment.key)
    assert history.proof.fault is None
    assert history.incident[:12] == FUTURE.replace("2099", "2026")[:12]
    assert deployment.kinds[-1] == "ReplayRequested"
    if where == "today" or before == "unused":
        assert deployment.kinds == ["HistoryRejected", "ReplayRequested"]
        told = notice(history.entries[:1])
        assert told is not None
        assert "TAMPERING" in told.text
    deployment.clock.tick(minutes=1)
    deployment.record(only_sealed)
    assert deployment.log.read(deployment.key).incident == history.incident
    deployment.clock.tick(days=1)
    deployment.record(only_sealed)
    assert deployment.kinds == ["ReplayRequested"]


def test_the_rejection_names_the_entry_and_why(deployment: Deployment) -> None:
    deployment.record()
    deployment.forge(today(deployment))
    deployment.record()
    (rejected,) = deployment.log.read(deployment.key).of(HistoryRejected)
    assert rejected == HistoryRejected("another entry", today(deployment), 1, "its MAC is wrong")


def test_an_entry_without_a_mac_is_not_continued_in_a_later_year(deployment: Deployment) -> None:
    deployment.forge(FUTURE, sign=unsigned)
    deployment.record()
    (rejected,) = deployment.log.read(deployment.key).of(HistoryRejected)
    assert rejected.incident == FUTURE
    assert "later than now" in rejected.why


def test_what_was_written_at_the_place_of_a_later_day_is_passed_by(deployment: Deployment) -> None:
    deployment.record()
    deployment.clock.tick(days=1)
    deployment.forge(incident_id(MIDNIGHT + timedelta(days=1), deployment.key.runbook))
    deployment.record()
    assert deployment.kinds == ["ReplayRequested"]
    assert deployment.log.read(deployment.key).proof.fault is None


def test_without_a_key_a_replay_is_still_recorded_after_a_forged_entry() -> None:
    deployment = Deployment(KEYS[1])
    deployment.forge(FUTURE)
    deployment.log.seals = seals = FixedSeals()
    seals.down = True
    deployment.record()
    assert deployment.kinds == ["HistoryRejected", "ReplayRequested"]


def paused(deployment: Deployment) -> PausesChanged:
    cloud = MemoryCloud(estate(), deployment.clock)
    return pauses.paused(deployment.log, deployment.clock, cloud, LONGEST, account="111122223333")


@pytest.mark.parametrize("where", ["today", "2099"])
def test_a_person_can_pause_and_resume_after_a_forged_entry_and_no_pause_is_lost(where: str) -> None:
    deployment = Deployment(key_of(pauses.HOME))
    if where == "today":
        paused(deployment)
    begun = deployment.log.pauses().active
    deployment.forge(FUTURE if where == "2099" else today(deployment))
    deployment.clock.tick(minutes=1)
    keeper = pauses.keeper(deployment.log, deployment.clock, MemoryCloud(estate(), deployment.clock))
    assert keeper.tell(pauses.context(deployment.clock())) == ()
    mine = pauses.pause(deployment.clock(), id_="p-2", runbook="harden-bucket")
    keeper.pause(mine, pauses.context(deployment.clock()))
    assert deployment.kinds == ["HistoryRejected", "PausesChanged"]
    assert deployment.log.pauses().active == (*begun, mine)
    keeper.resume("p-2", "done", pauses.context(deployment.clock()))
    assert deployment.log.pauses().active == begun


def test_only_a_person_writes_the_item_again_if_it_is_not_authentic_either() -> None:
    deployment = Deployment(key_of(pauses.HOME))
    known = paused(deployment)
    deployment.forge(today(deployment), known)
    deployment.log.put_pauses(replace(deployment.log.pauses(), active=(), unreadable="its MAC is wrong"))
    deployment.clock.tick(days=2)
    keeper = pauses.keeper(deployment.log, deployment.clock, MemoryCloud(estate(), deployment.clock))
    assert keeper.tell(pauses.context(deployment.clock())) == ()
    keeper.resume(known.pause.id, "done", pauses.context(deployment.clock()))
    assert deployment.log.pauses().active == ()
    assert not deployment.log.pauses().unreadable


def test_an_entry_without_a_mac_that_cannot_be_read_ends_no_pause_service() -> None:
    deployment = Deployment(key_of(pauses.HOME))
    known = paused(deployment)

    def of_nothing(entry: Entry) -> Entry:
        body = entry.body.replace("ReplayRequested", "Nothing")
        return replace(entry, body=body, hash=digest(body))

    deployment.forge(today(deployment), sign=of_nothing)
    keeper = pauses.keeper(deployment.log, deployment.clock, MemoryCloud(estate(), deployment.clock))
    keeper.resume(known.pause.id, "done", pauses.context(deployment.clock()))
    assert deployment.kinds == ["HistoryRejected", "PausesChanged"]
