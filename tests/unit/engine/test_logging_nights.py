"""Hour after hour: what the log has of a trail that cannot deliver, on the real engine."""

from __future__ import annotations

from dataclasses import replace

from ringfence.engine.intake import ExecutionContext, Skipped, answers
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.handlers.reviews import finding_of
from ringfence.model.observation import ResourceState
from ringfence.observations.logging.trails import Delivery, TrailOptions, TrailSetup, TrailStatus
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.record.chain import ChainKey
from ringfence.record.notices import notice
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.restore_logging import RESTORE_LOGGING
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.strategies.logging import NOTHING, TRAIL
from tests.support.worlds import LEASE, NOON, Ticking

SETTINGS = RunbookSettings(
    RESTORE_LOGGING.ids,
    RESTORE_LOGGING.choose({"log-destinations": "logs"}),
    answers=tuple(RESTORE_LOGGING.answers_by_type().items()),
)
POLICY = Policy((TRAIL.account,), default=Mode.AUTO, runbooks=((RESTORE_LOGGING.id, SETTINGS),))
WELL = TrailStatus(TrailSetup(TrailOptions("logs")), True, TRAIL.region, TRAIL.account, Delivery(last=NOON))
FAILING = replace(WELL, delivery=Delivery("AccessDenied", last=NOON))


class Home:
    """A trail in memory, an engine in automatic mode, and a clock that each review moves on."""

    def __init__(self) -> None:
        self.clock, self.log = Ticking(NOON), MemoryLog()
        self.cloud = MemoryCloud(None, self.clock)

    def hours(self, number: int, status: TrailStatus) -> list[IncidentStatus]:
        """Look so often, once an hour, at a trail that is as given."""
        self.cloud.world = ResourceState(TRAIL, {type(one): one for one in NOTHING}).with_observation(status)
        return [self.hour() for _ in range(number)]

    def hour(self) -> IncidentStatus:
        assert RESTORE_LOGGING.review
        execution = ExecutionContext(f"a-{self.clock()}", "test", self.clock() + LEASE)
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        finding = finding_of(RESTORE_LOGGING.review, TRAIL, self.clock())
        (order,) = answers(finding, "{}", RESTORE_LOGGING, POLICY, execution)
        assert not isinstance(order, Skipped)
        status = Engine(ports).respond(order).status
        self.clock.tick(hours=1)
        return status

    @property
    def entries(self) -> int:
        return len(self.log.read(ChainKey(RESTORE_LOGGING.id, TRAIL.key)).entries)

    def told(self) -> list[str]:
        """Return the texts of what people were told."""
        entries = self.log.read(ChainKey(RESTORE_LOGGING.id, TRAIL.key)).entries
        notices = (notice(entries[: number + 1]) for number in range(len(entries)))
        return [one.text for one in notices if one]


def test_a_trail_that_cannot_deliver_is_told_once_and_once_more_when_it_is_a_day() -> None:
    home = Home()
    home.hours(3, WELL)
    well, told = home.entries, len(home.told())
    assert home.hours(1, FAILING) == [IncidentStatus.OPEN]
    assert len(home.told()) == told + 1
    assert "cannot deliver log files to bucket logs: AccessDenied" in home.told()[-1]
    first = home.entries
    assert first > well
    home.hours(20, FAILING)
    assert home.entries == first
    home.hours(30, FAILING)
    assert len(home.told()) == told + 2
    assert "since 2026-03-01 12:00 UTC: AccessDenied" in home.told()[-1]
    later = home.entries
    home.hours(50, FAILING)
    assert home.entries == later
    assert [type(step).__name__ for step in home.cloud.calls] == ["RecordTrailBaseline"]


def test_once_the_bucket_takes_its_files_again_the_hours_are_quiet() -> None:
    home = Home()
    home.hours(3, FAILING)
    assert home.hours(2, WELL) == [IncidentStatus.COMPLETE] * 2
    entries = home.entries
    home.hours(24, WELL)
    assert home.entries == entries
