"""Law 2: what a reversible plan changed is given back by its undo, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.undo import undo
from ringfence.model.plan import net_changes
from ringfence.model.step import State
from tests.support.laws.plans import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.symbol import Symbol

    Comparable = Callable[[ResourceState, Mapping[Symbol, str]], object]


def gives_back(runbook: Runbook, state: ResourceState, incident: Incident, comparable: Comparable) -> None:
    """Require that the undo of all steps restores what can be compared, and keeps what is irreversible.

    A runbook none of whose steps has an inverse changes nothing when it is released.
    """
    runbook = runbook.on(state.ref)
    after, steps = run(runbook, state, incident)
    way = undo(steps, after)
    assert (way.drifted, way.settling) == ((), ())
    assert len(way.kept) == sum(bool(step.irreversible) for step in net_changes(steps))
    back = after
    for step in way.steps:
        assert step.state(back) is State.BEFORE, step
        back = step.effect(back)
        assert step.state(back) is State.AFTER, step
    if runbook.inverses:
        names = {**after.names(), **state.names()}
        assert comparable(back, names) == comparable(state, state.names())
    else:
        assert way.steps == ()


def leads_there_and_back(runbook: Runbook, state: ResourceState, incident: Incident) -> None:
    """Require of each step that its inverse is the same change the other way."""
    for one in runbook.on(state.ref).remediations:
        for step in one.plan(state, incident):
            if step.irreversible:
                continue
            back = step.inverse()
            before, after = step.diff()
            assert (back.inverse(), back.target) == (step, step.target)
            assert type(back) is (type(step).inverse_type or type(step))
            assert back.diff() == (after, before)
            assert back.describe()
            assert back.describe() != step.describe()
            assert net_changes((step, back)) == ()
