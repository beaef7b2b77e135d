"""Wrong versions of `make-snapshot-private`, each held to a law that fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.model.call import Permission
from ringfence.model.codec import value
from ringfence.model.incident import Incident
from ringfence.model.runbook import Stage
from ringfence.model.step import State
from ringfence.remediations.make_snapshot_private import (
    MakeSnapshotPrivate,
    SnapshotSharing,
    make_snapshot_private,
)
from tests.support.catalogue import EACH_RUNBOOK
from tests.support.laws.convergence import converges, knows_where_the_world_stands
from tests.support.laws.permissions import declares_what_it_calls
from tests.support.laws.resources import allows_its_calls
from tests.support.laws.reversibility import gives_back
from tests.support.laws.triggers import unreached
from tests.support.runbook_worlds import Worlds, everything
from tests.support.strategies.harden_snapshot import PUBLIC, WORLDS
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.observation import ResourceState
    from ringfence.model.remediation import Remediation
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step

INCIDENT = Incident("inc-1", NOON)
PRIVATE = MakeSnapshotPrivate("snap-0123456789abcdef0", before=True, after=False)


def with_remediation(remediation: Remediation) -> Runbook:
    """Return the runbook with another version of its remediation."""
    return replace(WORLDS.runbook, stages=(Stage("fix", "Make the snapshot private", (remediation,)),))


def taking(step: Step) -> Runbook:
    """Return the runbook with a remediation that takes this step where the snapshot is public."""

    def plan(snapshot: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
        if snapshot[SnapshotSharing].public:
            yield step

    return with_remediation(replace(make_snapshot_private, steps=(type(step),), planner=plan))


def test_the_right_version_holds() -> None:
    right = taking(PRIVATE)
    converges(right, PUBLIC, INCIDENT)
    knows_where_the_world_stands(right, PUBLIC, INCIDENT)
    gives_back(right, PUBLIC, INCIDENT, everything)
    declares_what_it_calls(WORLDS, MakeSnapshotPrivate)
    allows_its_calls(WORLDS, MakeSnapshotPrivate)
    assert [unreached(WORLDS.runbook, one) for one in WORLDS.runbook.triggers] == [(), (), (), ()]


def test_a_step_in_the_wrong_direction_is_seen() -> None:
    inverted = taking(replace(PRIVATE, before=False, after=True))
    with pytest.raises(AssertionError):
        converges(inverted, PUBLIC, INCIDENT)
    with pytest.raises(AssertionError):
        knows_where_the_world_stands(inverted, PUBLIC, INCIDENT)


def test_a_planner_that_makes_private_snapshots_public_is_seen() -> None:
    """The class of the step does not have the permission for that."""
    worlds = replace(WORLDS, steps=lambda: (replace(PRIVATE, before=False, after=True),))
    with pytest.raises(AssertionError):
        allows_its_calls(worlds, MakeSnapshotPrivate)


@value
class WithOtherPermission(MakeSnapshotPrivate):
    """May do something else."""

    permissions: ClassVar = (Permission("ec2:ModifyImageAttribute", ("arn:aws:ec2:{region}::snapshot/*",)),)


@value
class WithOtherResource(MakeSnapshotPrivate):
    """May do it to something else."""

    permissions: ClassVar = (
        Permission("ec2:ModifySnapshotAttribute", ("arn:aws:ec2:{region}:{account}:volume/*",)),
    )


def example(kind: type[MakeSnapshotPrivate]) -> Step:
    return kind(PRIVATE.snapshot_id, before=True, after=False)


def test_a_permission_for_another_action_is_seen() -> None:
    worlds = replace(WORLDS, steps=lambda: (example(WithOtherPermission),))
    with pytest.raises(AssertionError):
        declares_what_it_calls(worlds, WithOtherPermission)


def test_a_permission_on_another_resource_is_seen() -> None:
    worlds = replace(WORLDS, steps=lambda: (example(WithOtherResource),))
    declares_what_it_calls(worlds, WithOtherResource)
    with pytest.raises(AssertionError):
        allows_its_calls(worlds, WithOtherResource)


@value
class WithoutEffect(MakeSnapshotPrivate):
    """Declares that nothing changes."""

    def effect(self, observed: ResourceState) -> ResourceState:
        """Leave all as it is."""
        return observed


@value
class WithOppositeEffect(MakeSnapshotPrivate):
    """Declares that the snapshot is public afterwards."""

    def effect(self, observed: ResourceState) -> ResourceState:
        """Make it public."""
        return observed.with_observation(SnapshotSharing(public=True))


@pytest.mark.parametrize("kind", [WithoutEffect, WithOppositeEffect], ids=lambda one: one.__name__)
def test_a_wrong_effect_is_seen(kind: type[MakeSnapshotPrivate]) -> None:
    wrong = taking(example(kind))
    with pytest.raises(AssertionError):
        converges(wrong, PUBLIC, INCIDENT)
    with pytest.raises(AssertionError):
        knows_where_the_world_stands(wrong, PUBLIC, INCIDENT)
    assert example(kind).state(PUBLIC) is State.BEFORE


def test_a_trigger_that_can_never_yield_a_snapshot_is_seen() -> None:
    impossible = recorded("ec2", "CreateVpc")
    wrong = with_remediation(replace(make_snapshot_private, triggers=(impossible,)))
    assert unreached(wrong, impossible) == impossible.types


@EACH_RUNBOOK
def test_a_counterexample_is_reported_however_much_a_runbook_knows_of_its_worlds(worlds: Worlds) -> None:
    @settings(max_examples=1, database=None)
    @given(data=st.data())
    def law(worlds: Worlds, data: st.DataObject) -> None:
        assert data.draw(st.booleans()) is None, f"no law in {worlds}"

    with pytest.raises(AssertionError, match=f"no law in {worlds}"):
        law(worlds)
