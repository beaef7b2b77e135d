"""Law 5 on moto, one sample of each kind of step: a process that dies at it leaves nothing half known.

Every call of a whole response, and two responders at once, are in `test_nothing_before_the_record.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.observations.ec2.network import Network
from ringfence.observations.ec2.snapshot_locks import SnapshotLocks
from ringfence.observations.iam.role_sessions import RoleSessions
from ringfence.record.chain import digest
from ringfence.record.facts import Outcome, Result
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.auto_scaling import EnterStandby
from ringfence.steps.ec2.lifecycle import StopInstance
from ringfence.steps.ec2.snapshot_locks import LockSnapshots
from ringfence.steps.iam.ended_revocations import OF_INSTANCE
from ringfence.steps.iam.instance_sessions import AttachInstanceDenial, EndInstanceDenial
from tests.contracts.test_cloud_effects import in_force, lasting, told
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.interruption import Killed
from tests.support.fakes.moto_world import FullRole, World, clients, fill_role, world
from tests.support.strategies.contain_instance import MORE_REVOCATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ringfence.engine.ports import Applied, Cloud
    from ringfence.model.call import SansIO
    from ringfence.model.claims import Checked
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.reviews import Listed, Review
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Permit

STEPS = CONTAIN_INSTANCE.steps
ON_A_FULL_ROLE = (AttachInstanceDenial, EndInstanceDenial)


class Ground:
    """The estate of this module's tests. A test that fails leaves it in any state: then it is built anew."""

    def __init__(self) -> None:
        self.mock = mock_aws()
        self.mock.start()
        self.world = world()
        self.whole = True

    def prepared(self) -> World:
        """Return the estate as it was in the beginning: each test releases what it contained."""
        whole, self.whole = self.whole, False
        if whole:
            self.world.forget()
        else:
            self.mock.stop()
            self.mock.start()
            self.world = world()
        return self.world


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    made = Ground()
    yield made
    made.mock.stop()


@dataclass
class Deadly:
    """A cloud at which the process dies once: before the first step of a kind is taken, or behind it."""

    cloud: Cloud
    kind: type[Step]
    after: bool

    def observe(
        self, ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        return self.cloud.observe(ref, observations, past)

    def confirm(self, ref: Ref, finding: Finding) -> Checked:
        return self.cloud.confirm(ref, finding)

    def listed(self, account: str, region: str, review: Review) -> Listed:
        return self.cloud.listed(account, region, review)

    def canonical_subject(self, ref: Ref, naming: Callable[[Ref], SansIO[Ref]]) -> Ref:
        return self.cloud.canonical_subject(ref, naming)

    def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Applied:
        if type(step) is not self.kind:
            return self.cloud.apply(ref, step, names, permit)
        if self.after:
            self.cloud.apply(ref, step, names, permit)
        raise Killed


def only(kind: type[Step]) -> Runbook:
    """Return the runbook with what takes steps of a kind, and what must have been done before."""
    taking = [one.id for one in CONTAIN_INSTANCE.remediations if kind in one.steps]
    if kind is StopInstance:  # the group would terminate it
        taking.append("leave-auto-scaling")
    if kind is LockSnapshots:  # there would be nothing to lock
        taking.append("snapshot-volumes")
    return CONTAIN_INSTANCE.narrowed(taking)


def standing(here: World, runbook: Runbook) -> dict[str, object]:
    """Say how everything stands that the runbook may change and a release gives back."""
    observed = here.cloud.observe(here.ref, runbook.observations)
    stands = told(observed)
    stands.pop("Snapshots", None)
    stands.pop("SnapshotLocks", None)
    if Network in observed:
        stands["Network"] = {one.id: one.groups for one in observed[Network].interfaces}
    if RoleSessions in observed:
        stands["RoleSessions"] = in_force(lasting(observed[RoleSessions], here.clock()))
    return stands


def ended(here: World) -> bool:
    """Return whether the role has a revocation whose time is over: a release gives none of them back."""
    sessions = here.cloud.observe(here.ref, (RoleSessions,))[RoleSessions]
    return sessions != lasting(sessions, here.clock())


def locked(here: World) -> frozenset[str]:
    """Return which snapshots are locked: a release gives none of them back."""
    return here.cloud.observe(here.ref, (SnapshotLocks,))[SnapshotLocks].locked


def check(here: World, kind: type[Step]) -> None:
    """The log is sound and says what was done, and nothing was done twice."""
    history = here.history
    assert not history.open_intents
    applied = Counter(step for step in history.steps(Result.APPLIED) if type(step) is kind)
    assert applied
    assert set(applied.values()) == {1}
    outcomes = Counter(one.intent for one in history.of(Outcome))
    assert set(outcomes.values()) == {1}
    previous = ""
    for number, entry in enumerate(history.entries):
        assert (entry.seq, entry.previous, entry.hash) == (number, previous, digest(entry.body))
        previous = entry.hash
    twice = [one for one, count in Counter(one for one in here.noted if one.changes).items() if count > 1]
    assert twice == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("kind", STEPS, ids=lambda kind: kind.__name__)
def test_a_process_that_dies_at_a_step_leaves_nothing_half_known(
    ground: Ground, kind: type[Step], *, after: bool
) -> None:
    here = ground.prepared()
    runbook, way = only(kind), "standby" if kind is EnterStandby else "detach"
    finding = f"f-{kind.__name__}-{after}"
    if kind in OF_INSTANCE:
        here.estate.revoke(MORE_REVOCATIONS)
        assert ended(here)
        clients().noted.clear()
    before = standing(here, runbook)
    cloud = here.cloud
    if kind in ON_A_FULL_ROLE:
        cloud = FullRole(clients(), here.clock, in_turn)
        if kind is EndInstanceDenial:
            fill_role()
        assert here.respond(runbook, finding, way, cloud).status is not IncidentStatus.COMPLETE
    with pytest.raises(Killed):
        here.respond(runbook, finding, way, Deadly(cloud, kind, after))
    report = here.respond(runbook, finding, way, cloud)
    assert report.status is IncidentStatus.COMPLETE
    check(here, kind)
    kept = locked(here)
    assert kind is not LockSnapshots or kept

    clients().noted.clear()
    back = kind.inverse_type or kind
    if not kind.irreversible:
        with pytest.raises(Killed):
            here.release(report.incident, Deadly(here.cloud, back, after))
    assert here.release(report.incident).status is IncidentStatus.RELEASED
    assert standing(here, runbook) == before
    assert locked(here) == kept
    assert not ended(here)
    if not kind.irreversible:
        check(here, back)
    ground.whole = True
