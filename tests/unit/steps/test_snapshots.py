"""One set of snapshots: looked for before it is taken, taken with one attempt."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.document import Document
from ringfence.model.errors import NotFound, Refused
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.ec2.snapshots import Snapshot, Snapshots
from ringfence.steps.ec2.snapshots import CreateSnapshots
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

TAKE = CreateSnapshots(REF.id, "inc-1", NOON, "f-1", ("vol-0", "vol-1"))
NONE: dict[str, object] = {"Snapshots": []}


def found(
    *volumes: str, incident: str = "inc-1", state: str = "completed", started: datetime = NOON
) -> dict[str, object]:
    tags = [{"Key": "ringfence:incident", "Value": incident}]
    taken = [
        {
            "SnapshotId": f"snap-{volume}",
            "VolumeId": volume,
            "State": state,
            "StartTime": started,
            "Tags": tags,
        }
        for volume in volumes
    ]
    return {"Snapshots": taken}


def tags_of(parameters: Any) -> Sequence[object]:  # noqa: ANN401 - a call's parameters are JSON
    (specification,) = parameters["TagSpecifications"]
    assert specification["ResourceType"] == "snapshot"
    tags: Sequence[object] = specification["Tags"]
    return tags


def test_the_set_is_one_call_for_the_whole_instance_without_a_second_attempt() -> None:
    ((_,), (call,)), done = talk(TAKE.apply({}), (NONE,), (found("vol-0", "vol-1"),))
    assert (call.operation, call.single_attempt) == ("CreateSnapshots", True)
    assert call.parameters["InstanceSpecification"] == {"InstanceId": REF.id}
    assert tags_of(call.parameters) == [
        {"Key": "ringfence:incident", "Value": "inc-1"},
        {"Key": "ringfence:finding", "Value": "f-1"},
        {"Key": "ringfence:instance", "Value": REF.id},
    ]
    assert done.note == "snap-vol-0, snap-vol-1"


def test_a_set_that_is_there_is_not_taken_again() -> None:
    ((look,),), done = talk(TAKE.apply({}), (found("vol-0", "vol-1"),))
    assert look.operation == "DescribeSnapshots"
    assert "already" in done.note


@pytest.mark.parametrize(
    "there",
    [
        found("vol-0"),
        found("vol-0", "vol-1", incident="inc-2"),
        found("vol-0", "vol-1", state="error"),
        found("vol-0", "vol-1", started=NOON - timedelta(minutes=1)),
    ],
)
def test_a_set_that_is_incomplete_failed_older_or_anothers_does_not_count(there: dict[str, object]) -> None:
    calls, _ = talk(TAKE.apply({}), (there,), (found(),))
    assert calls[-1][0].operation == "CreateSnapshots"


def test_what_has_a_snapshot_already_is_left_out_of_a_later_set() -> None:
    later = CreateSnapshots(REF.id, "inc-1", NOON, "", ("vol-9",), without_root=True, without=("vol-1",))
    calls, _ = talk(later.apply({}), (found("vol-0", "vol-1"),), (found("vol-9"),))
    (call,) = calls[-1]
    assert call.parameters["InstanceSpecification"] == {
        "InstanceId": REF.id,
        "ExcludeBootVolume": True,
        "ExcludeDataVolumeIds": ["vol-1"],
    }
    assert {"Key": "ringfence:finding", "Value": ""} not in tags_of(call.parameters)


def test_a_hostile_finding_id_fits_a_tag() -> None:
    long = CreateSnapshots(REF.id, "inc-1", NOON, "x" * 5000, ("vol-0",))
    calls, _ = talk(long.apply({}), (NONE,), (found("vol-0"),))
    assert {"Key": "ringfence:finding", "Value": "x" * 256} in tags_of(calls[-1][0].parameters)


@pytest.mark.parametrize("code", ["SnapshotLimitExceeded", "UnsupportedOperation"])
def test_a_full_quota_is_given_to_a_person(code: str) -> None:
    with pytest.raises(Refused, match=code):
        talk(TAKE.apply({}), (NONE,), (refusal(code),))


def test_an_instance_terminated_meanwhile_is_gone() -> None:
    with pytest.raises(NotFound):
        talk(TAKE.apply({}), (NONE,), (refusal("InvalidInstanceID.NotFound"),))


def test_the_rate_limit_is_left_to_a_retry() -> None:
    """It is not among the codes that the step sorts, so that the driver raises Retryable."""
    conversation = TAKE.apply({})
    next(conversation)
    (call,) = conversation.send((Document.of(NONE),))
    assert "SnapshotCreationPerVolumeRateExceeded" not in call.expected


def test_evidence_is_never_undone_and_not_seeing_it_proves_nothing_for_a_minute() -> None:
    assert TAKE.irreversible == "evidence is kept"
    assert TAKE.visibility_delay == timedelta(seconds=60)
    taken = frozenset(
        Snapshot(f"snap-{number}", f"vol-{number}", "inc-1", started=NOON) for number in range(2)
    )
    assert TAKE.state(ResourceState(REF).with_observation(Snapshots(taken))) is State.AFTER
    assert TAKE.state(ResourceState(REF).with_observation(Snapshots())) is State.BEFORE
