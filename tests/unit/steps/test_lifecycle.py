"""Protecting, stopping and starting an instance."""

from __future__ import annotations

import pytest

from ringfence.model.errors import NotFound, Refused
from ringfence.model.observation import ResourceState
from ringfence.model.step import State, Step
from ringfence.model.symbol import Ready
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.remediations.protect_termination import SetShutdownBehavior, SetTerminationProtection
from ringfence.steps.ec2.lifecycle import (
    EVIDENCE,
    UNPROTECTED,
    SetStopProtection,
    StartInstance,
    StopInstance,
    stop,
)
from tests.support.talks import refusal, talk
from tests.support.worlds import REF

PROTECT = SetTerminationProtection(REF.id, before=False, after=True)
SHUTDOWN = SetShutdownBehavior(REF.id, "terminate", "stop")
KEEP_ON = SetStopProtection(REF.id, before=False, after=True)
STEPS: tuple[Step, ...] = (PROTECT, SHUTDOWN, KEEP_ON, stop(REF.id), stop(REF.id).inverse())


def seen(state: str) -> ResourceState:
    lifecycle = Lifecycle(state, spot=False, instance_store_root=False, protected=False, on_shutdown="stop")
    return ResourceState(REF).with_observation(lifecycle)


def test_each_attribute_is_set_by_a_call_of_its_own() -> None:
    """EC2 takes one attribute a call."""
    ((call,),), _ = talk(PROTECT.apply({}), ({},))
    assert call.parameters == {"InstanceId": REF.id, "DisableApiTermination": {"Value": True}}
    ((call,),), _ = talk(SHUTDOWN.apply({}), ({},))
    assert call.parameters == {
        "InstanceId": REF.id,
        "InstanceInitiatedShutdownBehavior": {"Value": "stop"},
    }
    ((call,),), _ = talk(KEEP_ON.apply({}), ({},))
    assert call.parameters == {"InstanceId": REF.id, "DisableApiStop": {"Value": True}}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
@pytest.mark.parametrize("code", ["OperationNotPermitted", "UnsupportedOperation"])
def test_what_ec2_does_not_permit_is_refused_for_good(step: Step, code: str) -> None:
    """So it answers for Spot instances, for instance-store roots, and where stop protection is on."""
    with pytest.raises(Refused, match=code):
        talk(step.apply({}), (refusal(code),))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_an_instance_terminated_meanwhile_is_gone(step: Step) -> None:
    with pytest.raises(NotFound):
        talk(step.apply({}), (refusal("InvalidInstanceID.NotFound"),))


@pytest.mark.parametrize(
    ("state", "stopping", "starting"),
    [
        ("running", State.BEFORE, State.AFTER),
        ("stopped", State.AFTER, State.BEFORE),
        ("stopping", State.SETTLING, State.SETTLING),
        ("pending", State.SETTLING, State.SETTLING),
    ],
)
def test_an_instance_on_its_way_is_looked_at_again(state: str, stopping: State, starting: State) -> None:
    step = stop(REF.id)
    assert step.state(seen(state)) is stopping
    assert step.inverse().state(seen(state)) is starting
    assert bool(seen(state).settling()) == (stopping is State.SETTLING)


def test_a_stop_comes_after_the_snapshots_but_does_not_need_them() -> None:
    step = stop(REF.id)
    assert step.runs_after == (Ready(EVIDENCE, REF.id), Ready(UNPROTECTED, REF.id))
    assert step.requires == ()


def test_a_stop_says_what_is_lost_and_is_undone_by_a_start() -> None:
    step = stop(REF.id)
    assert "memory" in step.side_effects()
    assert step.inverse() == StartInstance(REF.id, "stopped", "running")
    assert isinstance(step.inverse().inverse(), StopInstance)
