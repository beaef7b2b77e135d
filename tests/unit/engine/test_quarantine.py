"""Look after look at a user whom AWS has put into quarantine: which key goes is told at the first alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.intake import ExecutionContext, Skipped, answers
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.events.cloudtrail.trigger.quarantine import QUARANTINE, SEVERITY, SOURCE
from ringfence.model.finding import Finding
from ringfence.model.observation import ResourceState
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.strategies.credentials import KEY, PERSON
from tests.support.strategies.identity import OTHER, ago
from tests.support.worlds import LEASE, NOON, Ticking

if TYPE_CHECKING:
    from ringfence.engine.results import ResponseResult

KEYS = CONTAIN_CREDENTIALS.narrowed(["deactivate-access-key"])
"""Without a denial, as where the policy exempts the user from it, or where there is one already."""
SETTINGS = RunbookSettings(KEYS.ids, KEYS.choose({}), answers=tuple(KEYS.answers_by_type().items()))
POLICY = Policy((PERSON.account,), default=Mode.AUTO, runbooks=((KEYS.id, SETTINGS),))
EXPOSED, HEALTHY = (Key(id_, "Active", ago(400)) for id_ in (KEY.id, OTHER))


class Home:
    """A user in memory, and an engine in automatic mode."""

    def __init__(self, *keys: Key) -> None:
        self.clock, self.log = Ticking(NOON), MemoryLog()
        self.cloud = MemoryCloud(None, self.clock)
        self.has(*keys)

    def has(self, *keys: Key) -> None:
        """Let the user have these keys."""
        self.cloud.world = ResourceState(PERSON).with_observation(AccessKey("deploy", keys))

    def quarantined(self) -> ResponseResult:
        """Let AWS attach its policy, or one of its later versions."""
        now = self.clock()
        finding = Finding(
            SOURCE,
            f"e-{now}",
            QUARANTINE,
            SEVERITY,
            PERSON.account,
            GLOBAL,
            "quarantine",
            now,
            now,
            subjects=(PERSON,),
            first_seen=now,
        )
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        (order,) = answers(finding, "{}", KEYS, POLICY, ExecutionContext(f"a-{now}", "test", now + LEASE))
        assert not isinstance(order, Skipped)
        report = Engine(ports).respond(order)
        self.clock.tick(minutes=15)
        return report

    @property
    def statuses(self) -> dict[str, str]:
        assert self.cloud.world
        return {one.id: one.status for one in self.cloud.world[AccessKey].keys}


def test_the_key_that_is_left_once_a_person_deleted_the_exposed_one_goes_on_working() -> None:
    home = Home(EXPOSED, HEALTHY)
    home.quarantined()
    assert home.statuses == {EXPOSED.id: "Active", HEALTHY.id: "Active"}
    home.has(HEALTHY)
    report = home.quarantined()
    assert home.statuses == {HEALTHY.id: "Active"}
    assert report.verified
    assert any(HEALTHY.id in words for words in report.verified.exposure)


def test_the_only_key_that_somebody_activates_again_goes_again() -> None:
    home = Home(EXPOSED)
    for _ in range(2):
        home.has(EXPOSED)
        home.quarantined()
        assert home.statuses == {EXPOSED.id: "Inactive"}
