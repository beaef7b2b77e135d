"""The look between two steps of a plan: it records no more than the later looks of the record would."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.apply import Changes, apply
from ringfence.engine.execution import Execution
from ringfence.engine.journal import journal
from ringfence.model.errors import OutcomeUnknown, Retryable
from ringfence.model.symbol import QuarantineGroup
from ringfence.record.facts import DecisionMade, Result
from ringfence.record.status import IncidentStatus
from ringfence.steps.ec2.lifecycle import SetStopProtection, StopInstance
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.own_groups import CreateOwnGroup
from tests.support.fakes.scene import KEY, Scene
from tests.support.worlds import AUTO, LEASE, REF, estate

if TYPE_CHECKING:
    from ringfence.model.step import Step


def seen_too_early_and_unanswered() -> Scene:
    """The group was made. A look does not show it yet, and the second call for it never arrived."""
    scene = Scene()
    failed: list[Step] = []

    def fail_once(step: Step) -> None:
        if isinstance(step, SetSecurityGroups) and not failed:
            failed.append(step)
            raise Retryable("RequestLimitExceeded")

    def lose(step: Step) -> None:
        if isinstance(step, CreateOwnGroup):
            scene.cloud.lag = timedelta
            raise OutcomeUnknown("the connection was reset, and nothing was done")

    scene.cloud.refuse = fail_once
    scene.run()
    scene.clock.tick(seconds=10)
    scene.cloud.lag = lambda: timedelta(seconds=30)
    scene.cloud.refuse = lose
    return scene


def test_a_group_that_was_made_once_is_recorded_as_made_once() -> None:
    scene = seen_too_early_and_unanswered()
    scene.run()
    recorded, made = scene.history.steps(Result.APPLIED), scene.cloud.calls
    assert [sum(isinstance(step, CreateOwnGroup) for step in steps) for steps in (recorded, made)] == [1, 1]


def test_containment_does_not_wait_for_whose_call_made_the_group() -> None:
    scene = seen_too_early_and_unanswered()
    assert scene.run().status is IncidentStatus.COMPLETE
    assert scene.groups() == [{QuarantineGroup("vpc-1")}]
    assert not scene.history.open_intents


def test_a_look_between_that_may_show_the_time_before_another_change_records_nothing() -> None:
    """Stop protection was turned off and on again. The old look shows the time between the two."""
    scene = Scene(world=estate())
    off = SetStopProtection(REF.id, before=True, after=False)
    stop = StopInstance(REF.id, "running", "stopped")
    until, ports = scene.clock() + LEASE, scene.ports()
    execution = Execution(KEY, REF, "inc-1", "test", "a-1", scene.history)
    execution = journal(ports, execution, (DecisionMade(AUTO, scene.clock()),), until=until)

    def made(execution: Execution, *steps: Step) -> Execution:
        intents = execution.intents("protect", steps)
        execution = journal(ports, execution, intents, until=until)
        scene.clock.tick(seconds=2)
        return apply(ports, execution, Changes(intents, AUTO, until)).execution

    def lose(step: Step) -> None:
        if step == off:
            scene.cloud.lag = lambda: timedelta(seconds=3)
            raise OutcomeUnknown("the connection was reset, and nothing was done")

    execution = made(made(execution, off), off.inverse())
    scene.cloud.refuse = lose
    execution = journal(ports, made(execution, off, stop), until=until)
    (unanswered,) = {one.step for _, one in execution.history.open_intents}
    assert unanswered == off
