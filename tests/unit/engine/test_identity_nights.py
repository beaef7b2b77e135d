"""Night after night: what the log has of an unused key, and of the root user, on the real engine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.intake import ExecutionContext, Skipped, answers
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.events.cloudtrail.parser.root import read
from ringfence.events.envelope import Envelope, NotForUs
from ringfence.handlers.reviews import finding_of
from ringfence.local.samples.calls import by_root, call_event, sign_in
from ringfence.model.observation import ResourceState
from ringfence.observations.iam.user_keys import DatedKey, UserKeys
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade, FindingReceived, Planned, Verified
from ringfence.record.notices import notice
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.harden_identity import HARDEN_IDENTITY
from ringfence.steps.iam.unused_keys import GiveNotice
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.strategies.identity import KEY, OTHER, PERSON, ROOT, ago
from tests.support.worlds import LEASE, NOON, Ticking

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref
    from ringfence.record.history import History

FIX = HARDEN_IDENTITY.narrowed(one.id for one in HARDEN_IDENTITY.stages[0].members)
"""The stage of its own; what comes after it is any runbook's."""
SETTINGS = RunbookSettings(FIX.ids, FIX.choose({}), answers=tuple(FIX.answers_by_type().items()))
POLICY = Policy((PERSON.account,), default=Mode.AUTO, runbooks=((FIX.id, SETTINGS),))


@dataclass
class Home:
    """A subject in memory, an engine in automatic mode, and a clock that a test sets."""

    ref: Ref = PERSON
    mode: Mode = Mode.AUTO
    clock: Ticking = field(default_factory=lambda: Ticking(NOON))
    log: MemoryLog = field(default_factory=MemoryLog)

    def __post_init__(self) -> None:
        self.cloud = MemoryCloud(ResourceState(self.ref), self.clock)

    def use(self, **key: object) -> None:
        """Let the user have one key."""
        made = DatedKey(KEY, "Active", ago(400), **key)  # type: ignore[arg-type]  # a test names what it changes
        self.keys(made)

    def keys(self, *keys: DatedKey) -> None:
        """Let the user have these keys."""
        self.cloud.world = ResourceState(PERSON).with_observation(UserKeys("deploy", keys))

    def receive(self, finding: Finding) -> list[IncidentStatus]:
        execution = ExecutionContext(f"a-{self.clock()}", "test", self.clock() + LEASE)
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        orders = answers(finding, "{}", FIX, replace(POLICY, default=self.mode), execution)
        return [Engine(ports).respond(one).status for one in orders if not isinstance(one, Skipped)]

    def night(self) -> IncidentStatus:
        """Look as the nightly review does, and sleep until the next."""
        assert HARDEN_IDENTITY.review
        (status,) = self.receive(finding_of(HARDEN_IDENTITY.review, self.ref, self.clock()))
        self.clock.tick(days=1)
        return status

    @property
    def status(self) -> str:
        return self.statuses[KEY]

    @property
    def statuses(self) -> dict[str, str]:
        assert self.cloud.world
        return {one.id: one.status for one in self.cloud.world[UserKeys].keys}

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(FIX.id, self.ref.key))

    def told(self) -> list[str]:
        """Return the subjects of what people were told."""
        entries = self.history.entries
        notices = (notice(entries[: number + 1]) for number in range(len(entries)))
        return [one.subject for one in notices if one]


def what(subject: str) -> str:
    """Return what a notice says that happened."""
    return subject.partition("] ")[2].partition(":")[0]


def test_a_key_goes_a_grace_period_after_the_notice_and_the_nights_between_leave_no_trace() -> None:
    home = Home()
    home.use()
    assert [home.night() for _ in range(14)] == [IncidentStatus.OPEN] * 14
    assert home.status == "Active"
    assert len(home.history.of(Verified)) == 1
    assert len(home.history.of(DecisionMade)) == 1
    assert len(home.history.of(FindingReceived)) == 1
    assert list(map(what, home.told())) == ["review needed"]
    assert home.night() is IncidentStatus.COMPLETE
    assert home.status == "Inactive"
    assert list(map(what, home.told())) == [
        "review needed",
        "remediated",
    ]


def test_once_it_is_done_the_nights_are_quiet() -> None:
    home = Home()
    home.use()
    for _ in range(15):
        home.night()
    entries = home.history.entries
    assert [home.night() for _ in range(3)] == [IncidentStatus.COMPLETE] * 3
    assert home.history.entries == entries


def test_nights_of_a_dry_run_leave_no_trace_until_what_would_be_done_is_something_else() -> None:
    """The notice that would be given is another night's each night."""
    home = Home(mode=Mode.DRY_RUN)
    home.use()
    assert [home.night() for _ in range(30)] == [IncidentStatus.DRY_RUN] * 30
    assert [len(home.history.of(kind)) for kind in (FindingReceived, Planned)] == [1, 1]
    assert len(home.told()) == 1
    home.keys(*(DatedKey(key, "Active", ago(400)) for key in (KEY, OTHER)))
    assert [home.night() for _ in range(3)] == [IncidentStatus.DRY_RUN] * 3
    assert [len(home.history.of(kind)) for kind in (FindingReceived, Planned)] == [2, 2]


def test_a_key_that_is_in_use_leaves_no_trace() -> None:
    home = Home()
    home.use(used=ago(1))
    assert home.night() is IncidentStatus.COMPLETE
    assert home.history.entries == ()


def test_a_key_that_was_used_after_the_notice_stays_and_its_incident_ends() -> None:
    home = Home()
    home.use()
    home.night()
    home.use(used=home.clock() - timedelta(hours=12))
    assert home.night() is IncidentStatus.COMPLETE
    assert home.status == "Active"
    verified = home.history.verified
    assert verified
    assert any("was used after the notice" in words for words in verified.exposure)
    first = home.history.incident
    for _ in range(100):
        home.night()
    assert home.history.incident != first, "a new incident, in which no notice was given before"
    assert home.status == "Active"


def test_a_key_that_a_person_activates_again_gets_a_notice_and_a_grace_period_anew() -> None:
    """Another key of the user keeps the incident open, in which the first notice was given."""
    home = Home()
    first = DatedKey(KEY, "Active", ago(400))
    home.keys(first, DatedKey(OTHER, "Active", ago(85)))
    for _ in range(15):
        home.night()
    assert home.statuses == {KEY: "Inactive", OTHER: "Active"}
    incident = home.history.incident
    told = len(home.told())
    home.keys(first, DatedKey(OTHER, "Active", ago(85)))
    for _ in range(4):
        home.night()
        assert home.statuses == {KEY: "Active", OTHER: "Active"}
    assert len(home.told()) == told + 1, "whoever activated it is told when it goes"
    home.night()
    assert home.statuses == {KEY: "Active", OTHER: "Inactive"}, "the other had its own notice"
    for _ in range(9):
        home.night()
    assert home.statuses[KEY] == "Active"
    home.night()
    assert home.statuses == {KEY: "Inactive", OTHER: "Inactive"}
    assert home.history.incident == incident
    notices = [step for step in home.history.steps() if isinstance(step, GiveNotice)]
    assert [one.key for one in notices] == [KEY, OTHER, KEY]


def test_notice_and_end_of_an_unused_key_hold_over_a_fortnight_without_reviews() -> None:
    """The schedule may fail for a while: what counts is what is recorded, not how often somebody looked."""
    home = Home()
    home.use()
    home.night()
    home.clock.tick(days=30)
    assert home.night() is IncidentStatus.COMPLETE
    assert home.status == "Inactive"


def root_use(at: str, name: str = "DescribeRegions") -> Finding:
    return found(call_event("ec2", name, None, identity=by_root(), at=at))


def found(event: object) -> Finding:
    finding = read(Envelope.of(event))
    assert not isinstance(finding, NotForUs)
    return finding


def test_however_much_the_root_user_does_a_person_is_told_once_a_day_and_the_log_has_its_hours() -> None:
    home = Home(ROOT)
    for hour in range(12, 15):
        home.clock.now = NOON.replace(hour=hour, minute=59)
        for minute in range(0, 50, 7):
            assert home.receive(root_use(f"2026-03-01T{hour}:{minute:02}:00Z")) == [IncidentStatus.RECORDED]
    home.receive(found(sign_in(at="2026-03-01T14:30:00Z")))
    assert len(home.history.of(FindingReceived)) == 4
    assert home.told() == ["[action, critical] decision needed: root (111122223333 us-east-1)"]
    home.clock.tick(days=1)
    home.receive(root_use("2026-03-02T09:00:00Z"))
    assert len(home.told()) == 2


def test_of_the_root_user_nothing_is_looked_at() -> None:
    home = Home(ROOT)
    home.receive(root_use("2026-03-01T12:00:00Z"))
    assert home.cloud.looks == []
    (made,) = home.history.of(DecisionMade)
    assert made.decision.mode is Mode.NOTIFY
    assert made.decision.reason.startswith(
        "the root user of account 111122223333 was used on 2026-03-01: ask"
    )
