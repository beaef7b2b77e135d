"""Leaving an Auto Scaling group and coming back: one error code means many things."""

from __future__ import annotations

import pytest

from ringfence.model.errors import Refused, Retryable
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.steps.ec2.auto_scaling import AttachToGroup, DetachFromGroup, EnterStandby, ExitStandby
from tests.support.talks import refusal, talk
from tests.support.worlds import REF

DETACH = DetachFromGroup(REF.id, "web", "InService", "")
STANDBY = EnterStandby(REF.id, "web", "InService", "Standby")
TOO_FEW = refusal("ValidationError", "AutoScalingGroup web has min-size=1, desired-size=1")


def membership(state: str, group: str = "web") -> dict[str, object]:
    found = [{"InstanceId": REF.id, "AutoScalingGroupName": group, "LifecycleState": state}] if state else []
    return {"AutoScalingInstances": found}


@pytest.mark.parametrize(("step", "operation"), [(DETACH, "DetachInstances"), (STANDBY, "EnterStandby")])
def test_leaving_lowers_the_desired_capacity(step: DetachFromGroup | EnterStandby, operation: str) -> None:
    calls, done = talk(step.apply({}), ({},))
    ((call,),) = calls
    assert call.operation == operation
    assert call.parameters["ShouldDecrementDesiredCapacity"] is True
    assert "lowered" in done.note


@pytest.mark.parametrize("step", [DETACH, STANDBY])
def test_at_the_minimum_size_it_leaves_and_is_replaced(step: DetachFromGroup | EnterStandby) -> None:
    calls, done = talk(step.apply({}), (TOO_FEW,), ({},))
    assert [call.parameters["ShouldDecrementDesiredCapacity"] for (call,) in calls] == [True, False]
    assert "replacement" in done.note


def test_an_instance_that_left_meanwhile_is_where_it_should_be() -> None:
    gone = refusal("ValidationError", "The instance is not part of Auto Scaling group web.")
    assert "somebody else" in talk(DETACH.apply({}), (gone,), (gone,), (membership(""),))[1].note
    assert "somebody else" in talk(STANDBY.apply({}), (gone,), (gone,), (membership("Standby"),))[1].note


@pytest.mark.parametrize("state", ["Pending:Wait", "Terminating", "EnteringStandby"])
def test_an_instance_on_the_move_is_tried_again(state: str) -> None:
    with pytest.raises(Retryable, match=state):
        talk(DETACH.apply({}), (TOO_FEW,), (TOO_FEW,), (membership(state),))


def test_what_stays_refused_is_given_to_a_person() -> None:
    with pytest.raises(Refused, match="min-size"):
        talk(DETACH.apply({}), (TOO_FEW,), (TOO_FEW,), (membership("InService"),))


@pytest.mark.parametrize(
    ("step", "operation"),
    [
        (DETACH.inverse(), "AttachInstances"),
        (STANDBY.inverse(), "ExitStandby"),
    ],
)
def test_it_comes_back_the_way_it_left(step: AttachToGroup | ExitStandby, operation: str) -> None:
    ((call,),), done = talk(step.apply({}), ({},))
    assert (call.operation, "ShouldDecrementDesiredCapacity" in call.parameters) == (operation, False)
    assert "raised" in done.note


def test_a_full_group_refuses_it_and_one_that_does_not_run_yet_is_tried_again() -> None:
    back = AttachToGroup(REF.id, "web", "", "InService")
    full = refusal("ValidationError", "the desired capacity would exceed max-size=2")
    with pytest.raises(Refused, match="max-size"):
        talk(back.apply({}), (full,), (membership(""),))
    starting = refusal("ValidationError", "Instance is not in the running state")
    with pytest.raises(Retryable):
        talk(back.apply({}), (starting,), (membership(""),))


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (Scaling("web", "InService"), State.BEFORE),
        (Scaling("web", "Warmed:Running"), State.BEFORE),
        (Scaling(), State.AFTER),
        (Scaling("web", "Detaching"), State.SETTLING),
        (Scaling("web", "Standby"), State.DRIFTED),
        (Scaling("blue", "InService"), State.DRIFTED),
    ],
)
def test_where_the_world_stands_with_a_detachment(seen: Scaling, state: State) -> None:
    assert DETACH.state(ResourceState(REF).with_observation(seen)) is state


def test_a_person_is_told_where_it_is_found() -> None:
    assert (
        DETACH.actual(ResourceState(REF).with_observation(Scaling("blue", "InService")))
        == "InService in blue"
    )
    assert DETACH.actual(ResourceState(REF).with_observation(Scaling())) == "in no group"


def test_the_words_say_what_each_way_means() -> None:
    assert "no longer owns it" in DETACH.describe()
    assert "still owns it" in STANDBY.describe()
    assert all("replacement" in step.side_effects() for step in (DETACH, STANDBY))
    assert DETACH.diff() == ("InService in web", "in no group")
