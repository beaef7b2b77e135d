"""Plans that are carried out in a world of values: each step has the effect that it declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.plan import dependency_levels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step


def applied(state: ResourceState, steps: Iterable[Step]) -> ResourceState:
    """Let every step have its effect, in the order in which the engine takes them."""
    for wave in dependency_levels(steps):
        for step in wave:
            state = step.effect(state)
    return state


def run(runbook: Runbook, state: ResourceState, incident: Incident) -> tuple[ResourceState, tuple[Step, ...]]:
    """Take the stages one after another; return the state afterwards, and the steps as they were taken."""
    taken: list[Step] = []
    for stage in runbook.stages:
        steps = stage.plan(state, incident)
        state = applied(state, steps)
        taken.extend(step for wave in dependency_levels(steps) for step in wave)
    return state, tuple(taken)


def applied_up_to(state: ResourceState, steps: Iterable[Step], last: Step) -> ResourceState:
    """Let a step have its effect after the others of its plan that come first."""
    for wave in dependency_levels(steps):
        for step in wave:
            state = step.effect(state)
            if step == last:
                return state
    raise AssertionError(f"{last} is not in the plan")
