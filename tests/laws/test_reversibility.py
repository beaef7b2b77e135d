"""Law 2: applying the plan of a reversible remediation and undoing it gives back the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.undo import undo
from ringfence.model.plan import net_changes
from ringfence.model.step import State
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.network import Network
from ringfence.observations.ec2.snapshots import Snapshots
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.laws.test_convergence import OPTIONAL, REMEDIATIONS, applied, run
from tests.support.strategies.instances import incidents, instances

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.remediation import Remediation
    from ringfence.model.step import Step
    from ringfence.model.symbol import Symbol


@pytest.mark.parametrize("remediation", REMEDIATIONS, ids=lambda one: one.id)
@given(data=st.data(), incident=incidents())
def test_undoing_a_remediation_gives_back_the_state(
    remediation: Remediation, data: st.DataObject, incident: Incident
) -> None:
    before = data.draw(instances(*remediation.observations, settled=True))
    steps = remediation.plan(before, incident)
    assert restored(before, steps, applied(before, steps)) == telling(before)


@given(before=instances(settled=True), incident=incidents(), enabled=st.sets(st.sampled_from(OPTIONAL)))
def test_undoing_a_runbook_gives_back_the_state(
    before: ResourceState, incident: Incident, enabled: set[str]
) -> None:
    after, steps = run(CONTAIN_INSTANCE.chosen(enabled), before, incident)
    assert restored(before, steps, after) == telling(before)


@given(before=instances(settled=True), incident=incidents())
def test_an_undo_undone_is_the_change_again(before: ResourceState, incident: Incident) -> None:
    for step in (step for one in REMEDIATIONS for step in one.plan(before, incident)):
        if not step.irreversible:
            back = step.inverse()
            assert back.inverse() == step
            assert back.target == step.target
            assert type(back) is (type(step).inverse_type or type(step))
            assert back.diff() == tuple(reversed(step.diff()))
            assert net_changes((step, back)) == ()


@given(before=instances(settled=True), incident=incidents())
def test_an_undo_never_passes_through_the_transition_group(before: ResourceState, incident: Incident) -> None:
    """It allows everything: an interface goes from quarantine straight to the groups it had."""
    after, steps = run(CONTAIN_INSTANCE, before, incident)
    ours = before[Network].usable()
    for step in undo(steps, after).steps:
        if step.observation is Network and hasattr(step, "after"):
            fresh = {symbol for symbol in step.after if symbol not in ours and not isinstance(symbol, str)}
            assert not fresh


def restored(before: ResourceState, steps: tuple[Step, ...], after: ResourceState) -> dict[str, object]:
    """Undo the steps as a release does, and tell what is there then."""
    way = undo(steps, after)
    assert way.drifted == ()
    assert way.settling == ()
    back = after
    for step in way.steps:
        assert step.state(back) is State.BEFORE
        back = step.effect(back)
        assert step.state(back) is State.AFTER
    names = {**after.names(), **before.names()}
    return telling(back, names)


def telling(observed: ResourceState, names: Mapping[Symbol, str] | None = None) -> dict[str, object]:
    """Say what a reversible remediation may change: not groups of our own, nor snapshots.

    Groups are told by id: one that was repaired is another symbol, but the same group.
    """
    known = {symbol.key: name for symbol, name in (names or observed.names()).items()}
    told: dict[str, object] = {
        kind.__name__: facet
        for kind, facet in observed.observations.items()
        if kind not in {Network, Snapshots, Scaling}
    }
    if Network in observed:
        for one in observed[Network].interfaces:
            ids = {group if isinstance(group, str) else known[group.key] for group in one.groups}
            told[one.id] = ids
    if Scaling in observed:
        told["scaling"] = (observed[Scaling].group, observed[Scaling].place)
    return told
