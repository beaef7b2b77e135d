"""A key that another incident holds is not given back by the release of its user's."""

from __future__ import annotations

import pytest

from ringfence.engine.intake import ExecutionContext, Skipped, answers
from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.events.cloudtrail.trigger.quarantine import QUARANTINE
from ringfence.events.health.trigger import EXPOSED_CREDENTIALS
from ringfence.model.errors import Refused
from ringfence.model.finding import Finding
from ringfence.model.observation import ResourceState
from ringfence.model.subject import GLOBAL, PrincipalRef
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Released, RunRequested
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.strategies.credentials import KEY, PERSON
from tests.support.strategies.identity import ago
from tests.support.worlds import LEASE, NOON, Ticking

RUNBOOK = CONTAIN_CREDENTIALS.narrowed(["deactivate-access-key"])
EXPOSED = EXPOSED_CREDENTIALS.types[0]


class Home:
    """A user in AWS's quarantine: its only key is inactive. `named`: who else was reported."""

    def __init__(self, *named: PrincipalRef) -> None:
        self.clock, self.log = Ticking(NOON), MemoryLog()
        world = ResourceState(PERSON).with_observation(
            AccessKey("deploy", (Key(KEY.id, "Active", ago(400)),))
        )
        self.cloud = MemoryCloud(world, self.clock)
        self.ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        self.user = self.report(PERSON, *named, type_=QUARANTINE)
        assert self.status == "Inactive"

    def report(self, *refs: PrincipalRef, type_: str = EXPOSED, mode: Mode = Mode.AUTO) -> str:
        """Answer a report about these; return the incident."""
        now, incident = self.clock(), ""
        finding = Finding(
            "aws.x", f"f-{now}", type_, 8.0, PERSON.account, GLOBAL, "exposed", now, now, subjects=refs
        )
        settings = RunbookSettings(
            RUNBOOK.ids, RUNBOOK.choose({}), answers=tuple(RUNBOOK.answers_by_type().items())
        )
        policy = Policy((PERSON.account,), default=mode, runbooks=((RUNBOOK.id, settings),))
        for order in answers(
            finding, "{}", RUNBOOK, policy, ExecutionContext(f"a-{now}", "test", now + LEASE)
        ):
            assert not isinstance(order, Skipped)
            incident = Engine(self.ports).respond(order).incident
        self.clock.tick(minutes=15)
        return incident

    def release(self, ref: PrincipalRef, incident: str, *, skip_drifted: bool = False) -> IncidentStatus:
        self.clock.tick(minutes=1)
        order = ResponseRelease(
            RUNBOOK.id,
            ref,
            incident,
            f"r-{self.clock()}",
            "kim",
            self.clock() + LEASE,
            RunRequested("release", "false alarm", dry_run=False),
            skip_drifted=skip_drifted,
        )
        return Releaser(self.ports).release(order).status

    @property
    def status(self) -> str:
        assert self.cloud.world
        (key,) = self.cloud.world[AccessKey].keys
        return key.status


@pytest.fixture
def home() -> Home:
    return Home()


def test_a_key_that_nothing_else_holds_is_given_back(home: Home) -> None:
    assert home.release(PERSON, home.user) is IncidentStatus.RELEASED
    assert home.status == "Active"


def test_a_release_refuses_to_give_back_a_key_that_its_own_incident_holds(home: Home) -> None:
    held = home.report(KEY)
    with pytest.raises(Refused, match=f"{held} on {KEY.key}"):
        home.release(PERSON, home.user)
    assert home.status == "Inactive"


def test_by_explicit_choice_the_rest_is_released_and_the_key_is_left(home: Home) -> None:
    held = home.report(KEY)
    assert home.release(PERSON, home.user, skip_drifted=True) is IncidentStatus.RELEASED
    assert home.status == "Inactive"
    released = home.log.read(ChainKey(RUNBOOK.id, PERSON.key)).last(Released)
    assert released
    assert any(held in words for words in released.skipped)


def test_a_key_is_given_back_once_its_own_incident_was_released(home: Home) -> None:
    held = home.report(KEY)
    assert home.release(KEY, held) is IncidentStatus.RELEASED
    assert home.status == "Inactive", "whoever deactivated it gives it back"
    assert home.release(PERSON, home.user) is IncidentStatus.RELEASED
    assert home.status == "Active"


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.NOTIFY])
def test_an_incident_that_was_not_to_change_anything_holds_no_key(home: Home, mode: Mode) -> None:
    home.report(KEY, mode=mode)
    assert home.release(PERSON, home.user) is IncidentStatus.RELEASED
    assert home.status == "Active"


def test_one_incident_on_the_user_and_the_key_does_not_hold_against_itself() -> None:
    home = Home(KEY)
    assert home.log.read(ChainKey(RUNBOOK.id, KEY.key)).incident == home.user
    assert home.release(PERSON, home.user) is IncidentStatus.RELEASED
    assert home.status == "Active"
