"""Law 1: when a plan was carried out, planning again gives an empty plan, whatever the state was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.codec import decode, encode
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import State
from ringfence.observations.logging.evaluation import RuleStep
from tests.support.laws.plans import applied_up_to, run

if TYPE_CHECKING:
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step

IN_THE_LOG = (LogOnlyStep, RuleStep)
"""Steps that planners find again in the log alone."""


def converges(runbook: Runbook, state: ResourceState, incident: Incident) -> None:
    """Require that nothing remains of any stage, and that no step undid what another one did.

    Where no step is found in the log alone, nothing remains of the incident as it was before them.
    """
    runbook = runbook.on(state.ref)
    after, steps = run(runbook, state, incident)
    nothing = [() for _ in runbook.stages]
    recorded = replace(incident, past=(*incident.past, *steps))
    assert [stage.plan(after, recorded) for stage in runbook.stages] == nothing
    if not any(isinstance(step, IN_THE_LOG) for step in steps):
        assert [stage.plan(after, incident) for stage in runbook.stages] == nothing
    last = {(step.target, type(step)): step for step in steps}.values()
    assert [step for step in last if step.state(after) not in {State.AFTER, *moving(step, after)}] == []


def knows_where_the_world_stands(runbook: Runbook, state: ResourceState, incident: Incident) -> None:
    """Require that each step sees the world before itself when planned, and behind itself when done.

    What becomes of a change whose answer was lost is told by the world alone. A step on what another step
    of the plan creates finds nothing yet.
    """
    for one in runbook.on(state.ref).remediations:
        plan = one.plan(state, incident)
        for step in plan:
            if not isinstance(step, LogOnlyStep):
                assert is_before(step, state) or is_created_first(step, plan, state), step
            after = applied_up_to(state, plan, step)
            assert step.state(after) in {State.AFTER, *moving(step, state)}, step
            assert step.effect(after) == after, step  # applied twice, because an answer was lost


def is_before(step: Step, state: ResourceState) -> bool:
    """Say whether the world stands before a step."""
    return step.state(state) in {State.BEFORE, *moving(step, state)}


def is_created_first(step: Step, plan: tuple[Step, ...], state: ResourceState) -> bool:
    """Say whether what a step changes is gone, and is there once the steps before it were taken."""
    earlier = plan[: plan.index(step)]
    if step.state(state) is not State.GONE or not earlier:
        return False
    return is_before(step, applied_up_to(state, plan, earlier[-1]))


def moving(step: Step, state: ResourceState) -> set[State]:
    """Return the state of a step on what is under way."""
    return {State.SETTLING} if state[step.observation].settling() else set()


def can_be_recorded_and_described(runbook: Runbook, state: ResourceState, incident: Incident) -> None:
    """Require that a plan is read back as it was written, and says what it changes, each target once."""
    for stage in runbook.on(state.ref).stages:
        steps = stage.plan(state, incident)
        assert tuple(decode(encode(step)) for step in steps) == steps
        for step in steps:
            before, after = step.diff()
            assert step.describe()
            assert before != after
        targets = [step.target for step in steps if not step.best_effort]
        assert len(targets) == len(set(targets))
