"""Locking evidence: which snapshots, how, and how it is seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringfence.model.errors import NotFound, Refused, Retryable
from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.observations.ec2.snapshot_locks import SnapshotLocks
from ringfence.observations.ec2.snapshots import Snapshot, Snapshots
from ringfence.observations.ec2.volumes import Volume, Volumes
from ringfence.runbooks import load
from ringfence.steps.ec2.snapshot_locks import LockSnapshots
from ringfence.steps.ec2.snapshots import CreateSnapshots
from tests.support.strategies.instances import chosen
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON, REF

LOCK = LockSnapshots(REF.id, "inc-1", NOON, ("vol-0",), "compliance", 30)
OURS = Snapshot("snap-0", "vol-0", "inc-1", started=NOON)
OLD = Snapshot("snap-9", "vol-0", "inc-1", started=NOON - timedelta(days=9))
VOLUMES = Volumes((Volume("vol-0", "/dev/sda", root=True, ends_with_instance=True),))


def shown(*snapshots: Snapshot) -> dict[str, object]:
    return {
        "Snapshots": [
            {
                "SnapshotId": one.id,
                "VolumeId": one.volume_id,
                "State": "pending",
                "StartTime": one.started,
                "Tags": [{"Key": "ringfence:incident", "Value": one.incident}],
            }
            for one in snapshots
        ]
    }


def test_the_snapshots_of_the_incident_are_locked_and_no_others() -> None:
    other = Snapshot("snap-8", "vol-0", "inc-8", started=NOON)
    calls, done = talk(LOCK.apply({}), (shown(OURS, OLD, other),), ({},))
    ((call,),) = calls[1:]
    assert call.operation == "LockSnapshot"
    assert call.parameters == {"SnapshotId": "snap-0", "LockMode": "compliance", "LockDuration": 30}
    assert done.note == "snap-0"


def test_snapshots_that_are_not_shown_yet_are_locked_later() -> None:
    with pytest.raises(Retryable):
        talk(LOCK.apply({}), (shown(OLD),))


@pytest.mark.parametrize(
    ("code", "error"), [("InvalidSnapshot.NotFound", NotFound), ("UnsupportedOperation", Refused)]
)
def test_what_cannot_be_locked_is_for_a_person(code: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        talk(LOCK.apply({}), (shown(OURS),), (refusal(code),))


@pytest.mark.parametrize(
    ("state", "locked"),
    [("governance", True), ("compliance", True), ("compliance-cooloff", True), ("expired", False)],
)
def test_a_lock_counts_while_it_prevents_deletion(state: str, *, locked: bool) -> None:
    locks = {"Snapshots": [{"SnapshotId": "snap-0", "LockState": state}]}
    _, seen = talk(SnapshotLocks.read(REF, ()), (shown(OURS),), (locks,))
    world = ResourceState(REF).with_observation(seen)
    assert (LOCK.state(world) is State.AFTER) is locked


def test_without_snapshots_no_lock_is_asked_for() -> None:
    calls, seen = talk(SnapshotLocks.read(REF, ()), (shown(),))
    assert len(calls) == 1
    assert seen == SnapshotLocks()


def test_the_effect_locks_the_snapshots_that_are_seen_and_makes_up_no_others() -> None:
    world = ResourceState(REF).with_observation(SnapshotLocks(frozenset({OURS, OLD})))
    assert LOCK.effect(world)[SnapshotLocks] == SnapshotLocks(frozenset({OURS, OLD}), frozenset({"snap-0"}))


def test_snapshots_are_taken_and_locked_in_one_go_and_then_nothing_is_left() -> None:
    incident = Incident("inc-1", NOON, choices=chosen(lock="compliance"))
    world = ResourceState(REF, {type(one): one for one in (VOLUMES, Snapshots(), SnapshotLocks())})
    lock = load("lock-snapshots")
    steps = (*load("snapshot-volumes").plan(world, incident), *lock.plan(world, incident))
    assert [[type(one) for one in wave] for wave in dependency_levels(steps)] == [
        [CreateSnapshots],
        [LockSnapshots],
    ]
    assert lock.plan(steps[1].effect(world), incident) == ()
