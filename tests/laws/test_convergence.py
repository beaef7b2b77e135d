"""Law 1: applying a plan and planning again gives an empty plan, for any state of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.codec import decode, encode
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.strategies.instances import incidents, instances

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.remediation import Remediation
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step

REMEDIATIONS = CONTAIN_INSTANCE.remediations
OPTIONAL = tuple(one.id for one in CONTAIN_INSTANCE.remediations if one.optional)


def applied(observed: ResourceState, steps: Iterable[Step]) -> ResourceState:
    """Let every step have its effect, in the order in which the engine takes them."""
    for wave in dependency_levels(steps):
        for step in wave:
            observed = step.effect(observed)
    return observed


@pytest.mark.parametrize("remediation", REMEDIATIONS, ids=lambda one: one.id)
@given(data=st.data(), incident=incidents())
def test_a_remediation_has_nothing_to_do_once_it_is_done(
    remediation: Remediation, data: st.DataObject, incident: Incident
) -> None:
    before = data.draw(instances(*remediation.observations))
    after = applied(before, remediation.plan(before, incident))
    assert remediation.plan(after, incident) == ()


@given(before=instances(), incident=incidents(), enabled=st.sets(st.sampled_from(OPTIONAL)))
def test_a_runbook_has_nothing_to_do_once_its_stages_are_done(
    before: ResourceState, incident: Incident, enabled: set[str]
) -> None:
    runbook = CONTAIN_INSTANCE.chosen(enabled)
    after = run(runbook, before, incident)[0]
    assert [stage.plan(after, incident) for stage in runbook.stages] == [() for _ in runbook.stages]


@given(before=instances(), incident=incidents())
def test_no_remediation_undoes_what_another_did(before: ResourceState, incident: Incident) -> None:
    """Every option switched on at once: each step's change still stands at the end."""
    after, steps = run(CONTAIN_INSTANCE, before, incident)
    last = {(step.target, type(step)): step for step in steps}.values()
    assert [step for step in last if step.state(after) not in {State.AFTER, State.SETTLING}] == []


@given(before=instances(), incident=incidents())
def test_a_step_stands_before_itself_when_planned_and_behind_itself_when_done(
    before: ResourceState, incident: Incident
) -> None:
    """What the engine tells of a change whose outcome is unknown is told by the world alone."""
    for step in (step for one in REMEDIATIONS for step in one.plan(before, incident)):
        moving = {State.SETTLING} if before[step.observation].settling() else set()
        assert step.state(before) in {State.BEFORE, *moving}
        assert step.state(applied_alone(before, incident, step)) in {State.AFTER, *moving}


@given(before=instances(), incident=incidents())
def test_a_plan_can_be_recorded_read_back_and_said(before: ResourceState, incident: Incident) -> None:
    steps = tuple(step for one in REMEDIATIONS for step in one.plan(before, incident))
    assert tuple(decode(encode(step)) for step in steps) == steps
    for step in steps:
        was, becomes = step.diff()
        assert step.describe()
        assert was != becomes


@given(before=instances(), incident=incidents())
def test_a_plan_takes_each_target_of_a_stage_once_but_for_the_way_through_transition(
    before: ResourceState, incident: Incident
) -> None:
    for stage in CONTAIN_INSTANCE.stages:
        plan = stage.plan(before, incident)
        targets = [step.target for step in plan if not step.best_effort]
        assert len(targets) == len(set(targets))


def run(
    runbook: Runbook, observed: ResourceState, incident: Incident
) -> tuple[ResourceState, tuple[Step, ...]]:
    """Take the stages one after another."""
    taken: list[Step] = []
    for stage in runbook.stages:
        steps = stage.plan(observed, incident)
        observed = applied(observed, steps)
        taken.extend(step for wave in dependency_levels(steps) for step in wave)
    return observed, tuple(taken)


def applied_alone(before: ResourceState, incident: Incident, step: Step) -> ResourceState:
    """Let a step have its effect after the others of its own plan that must come first."""
    plan = next(one.plan(before, incident) for one in REMEDIATIONS if step in one.plan(before, incident))
    observed = before
    for wave in dependency_levels(plan):
        for one in wave:
            observed = one.effect(observed)
            if one == step:
                return observed
    return observed
