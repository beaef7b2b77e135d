"""Leaving an Auto Scaling group and coming back: one error code means many things."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.model.errors import Refused, Retryable
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.steps.ec2.auto_scaling import AttachToGroup, DetachFromGroup, EnterStandby, ExitStandby
from tests.support.talks import refusal, talk
from tests.support.worlds import REF

DETACH = DetachFromGroup(REF.id, "web", "InService", "", replaces=True)
STANDBY = EnterStandby(REF.id, "web", "InService", "Standby", replaces=True)
REDUCE = (replace(DETACH, replaces=False), replace(STANDBY, replaces=False))
TOO_FEW = refusal("ValidationError", "AutoScalingGroup web has min-size=1, desired-size=1")


def membership(state: str, group: str = "web") -> dict[str, object]:
    found = [{"InstanceId": REF.id, "AutoScalingGroupName": group, "LifecycleState": state}] if state else []
    return {"AutoScalingInstances": found}


def machine(state: str = "running") -> dict[str, object]:
    return {"Reservations": [{"Instances": [{"InstanceId": REF.id, "State": {"Name": state}}]}]}


@pytest.mark.parametrize(("step", "operation"), [(DETACH, "DetachInstances"), (STANDBY, "EnterStandby")])
def test_the_group_keeps_its_desired_capacity(step: DetachFromGroup | EnterStandby, operation: str) -> None:
    calls, done = talk(step.apply({}), ({},))
    ((call,),) = calls
    assert call.operation == operation
    assert call.parameters["ShouldDecrementDesiredCapacity"] is False
    assert "replacement" in done.note
    assert "keeps its desired capacity" in step.side_effects()


@pytest.mark.parametrize("step", REDUCE)
def test_the_desired_capacity_is_lowered_only_on_request(step: DetachFromGroup | EnterStandby) -> None:
    ((call,),), done = talk(step.apply({}), ({},))
    assert call.parameters["ShouldDecrementDesiredCapacity"] is True
    assert "lowered" in done.note
    assert "one instance less" in step.side_effects()


@pytest.mark.parametrize("step", REDUCE)
def test_at_the_minimum_size_it_leaves_and_is_replaced(step: DetachFromGroup | EnterStandby) -> None:
    calls, done = talk(step.apply({}), (TOO_FEW,), ({},))
    assert [call.parameters["ShouldDecrementDesiredCapacity"] for (call,) in calls] == [True, False]
    assert "replacement" in done.note


def test_an_instance_that_left_meanwhile_is_where_it_should_be() -> None:
    gone = refusal("ValidationError", "The instance is not part of Auto Scaling group web.")
    for step in (DETACH, STANDBY):
        done = talk(step.apply({}), (gone,), (membership(step.after), machine()))[1]
        assert "somebody else" in done.note


@pytest.mark.parametrize("state", ["Pending:Wait", "Terminating", "EnteringStandby"])
def test_an_instance_on_the_move_is_tried_again(state: str) -> None:
    with pytest.raises(Retryable, match=state):
        talk(DETACH.apply({}), (TOO_FEW,), (membership(state), machine()))


def test_what_stays_refused_is_given_to_a_person() -> None:
    with pytest.raises(Refused, match="min-size"):
        talk(DETACH.apply({}), (TOO_FEW,), (membership("InService"), machine()))


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


def test_a_group_that_the_replacement_fills_refuses_it_and_says_what_to_raise() -> None:
    full = refusal("ValidationError", "the desired capacity would exceed max-size=2")
    for step in (DETACH, STANDBY):
        with pytest.raises(Refused, match="maximum size because of the replacement"):
            talk(step.inverse().apply({}), (full,), (membership(step.after), machine()))


@pytest.mark.parametrize("name", ["web", "batch-running"])
def test_the_state_of_the_instance_and_no_word_of_the_message_decides_whether_to_retry(name: str) -> None:
    back = AttachToGroup(REF.id, name, "", "InService")
    refused = refusal("ValidationError", f"AutoScalingGroup {name}: the request was refused")
    with pytest.raises(Refused):
        talk(back.apply({}), (refused,), (membership(""), machine()))
    with pytest.raises(Refused):
        talk(back.apply({}), (refused,), (membership(""), refusal("InvalidInstanceID.NotFound", "")))
    for state in ("pending", "stopping", "stopped"):
        with pytest.raises(Retryable, match=state):
            talk(back.apply({}), (refused,), (membership(""), machine(state)))


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
