"""What holds for `contain-instance` beside the laws: an undo never opens an interface to everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given

from ringfence.engine.undo import undo
from ringfence.observations.ec2.network import Network
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.laws.plans import run
from tests.support.strategies.instances import incidents, instances

if TYPE_CHECKING:
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState


@given(before=instances(settled=True), incident=incidents())
def test_an_undo_never_passes_through_the_transition_group(before: ResourceState, incident: Incident) -> None:
    """It allows everything: an interface goes from quarantine straight to the groups it had."""
    after, steps = run(CONTAIN_INSTANCE, before, incident)
    ours = before[Network].usable()
    for step in undo(steps, after).steps:
        if step.observation is Network and hasattr(step, "after"):
            fresh = {symbol for symbol in step.after if symbol not in ours and not isinstance(symbol, str)}
            assert not fresh
