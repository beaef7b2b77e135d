"""Law 6: whatever else fails, and however, the instance is isolated, and seen to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.errors import InternalError, NotFound, Refused, RingfenceError
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.acls import SubnetAcls
from ringfence.observations.ec2.network import TRANSITION, Network
from ringfence.observations.iam.identity import Identity
from ringfence.record.facts import Result
from ringfence.record.status import IncidentStatus
from ringfence.remediations.isolate_instance import isolate_instance
from ringfence.steps.ec2.acls import DenyAddress
from ringfence.steps.ec2.lifecycle import StopInstance
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.own_groups import CreateOwnGroup
from ringfence.steps.ec2.snapshots import CreateSnapshots
from ringfence.steps.ec2.tags import TagInstance
from ringfence.steps.iam.ended_revocations import OF_INSTANCE
from ringfence.steps.iam.instance_sessions import (
    AttachInstanceDenial,
    DenyInstanceSessions,
    EndInstanceDenial,
)
from tests.support import trials
from tests.support.effort import examples
from tests.support.strategies.contain_instance import (
    EVERYTHING,
    WAYS,
    everything_to_do,
    full_role,
    with_many_revocations,
)
from tests.support.strategies.instances import chosen, instances
from tests.support.trials import (
    CONTAINED,
    EACH_SEED,
    FAILURES,
    NAMES,
    NOTHING_FAILS,
    UNREADABLE,
    Failing,
    aim,
    never,
)

if TYPE_CHECKING:
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step

FIRST, *LATER = EVERYTHING.stages
OTHERS = tuple(step for step in EVERYTHING.steps if step not in isolate_instance.steps)
ON_A_FULL_ROLE = (AttachInstanceDenial, EndInstanceDenial)
LATER_FACETS = tuple(facet for facet in EVERYTHING.observations if facet not in FIRST.observations)


SOME_SEED = st.sampled_from((None, *range(1, 20)))


def isolates(step: Step) -> bool:
    """Say whether a step is part of the isolation itself: preparing the quarantine group and moving there."""
    if isinstance(step, CreateOwnGroup):
        return step.role != TRANSITION
    return isinstance(step, isolate_instance.steps) and not step.best_effort


def is_detour(step: Step) -> bool:
    """Say whether a step is what cutting tracked flows adds."""
    return isinstance(step, CreateOwnGroup | SetSecurityGroups) and not isolates(step)


def on_a_full_role() -> ResourceState:
    """Return an instance with everything to do, whose role has denials of other instances."""
    return everything_to_do().with_observation(full_role()[Identity])


class Trial(trials.Trial):
    """One instance to contain with every option switched on, in a world where things fail."""

    def __init__(
        self,
        world: ResourceState,
        failing: Failing = NOTHING_FAILS,
        way: str = WAYS[0],
        seed: int | None = None,
    ) -> None:
        super().__init__(EVERYTHING, world, failing, chosen(way, hosts="isolate"), seed=seed)

    def refuse(self, kind: type[Step]) -> None:
        """Have steps of this kind refused, too."""
        others, quota = self.cloud.refuse, Failing(Refused("LimitExceeded"), (kind,))

        def refuse(step: Step) -> None:
            quota(step)
            others(step)

        self.cloud.refuse = refuse

    @property
    def isolated(self) -> bool:
        assert self.cloud.world
        network = self.cloud.world[Network]
        usable = network.usable()
        return all(
            one.groups == {QuarantineGroup(one.vpc_id)} and QuarantineGroup(one.vpc_id) in usable
            for one in network.interfaces
        )


@EACH_SEED
@pytest.mark.parametrize("failure", FAILURES, ids=NAMES)
@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.__name__)
def test_one_kind_of_step_that_fails_does_not_keep_an_instance_from_being_contained(
    kind: type[Step], failure: RingfenceError, seed: int | None
) -> None:
    failing, full = Failing(failure, (kind,)), kind in ON_A_FULL_ROLE
    for way in WAYS:
        plain = with_many_revocations if kind in OF_INSTANCE else everything_to_do
        trial = Trial(on_a_full_role() if full else plain(), failing, way, seed)
        if full:
            trial.refuse(DenyInstanceSessions)
        trial.run_whatever_happens()
        assert trial.isolated
        if full:  # IAM has refused another inline policy
            trial.run_whatever_happens()
            assert trial.isolated
        if isinstance(failure, NotFound):
            trial.lose(SubnetAcls())
        assert trial.run(stages=1).status in CONTAINED
        assert trial.verified
        assert trial.verified.contained
    assert failing.met, "it was tried, and it did fail"


@EACH_SEED
@pytest.mark.parametrize("failure", FAILURES, ids=NAMES)
def test_a_detour_that_fails_is_left_out(failure: RingfenceError, seed: int | None) -> None:
    """The transition group is on the way into quarantine: where it cannot be gone through, it is not."""
    failing = Failing(failure, also=is_detour)
    trial = Trial(everything_to_do(), failing, seed=seed)
    trial.run_whatever_happens(stages=1)
    assert trial.isolated
    assert failing.met
    assert trial.run(stages=1).status in CONTAINED


@examples(150)
@given(
    world=instances(),
    kinds=st.sets(st.sampled_from(OTHERS)),
    detours=st.booleans(),
    failure=st.sampled_from(FAILURES),
    way=st.sampled_from(WAYS),
    seed=SOME_SEED,
)
def test_whatever_an_instance_is_like_and_whatever_else_fails_it_is_isolated(  # noqa: PLR0917 - drawn
    world: ResourceState,
    kinds: set[type[Step]],
    detours: bool,  # noqa: FBT001 - drawn
    failure: RingfenceError,
    way: str,
    seed: int | None,
) -> None:
    trial = Trial(world, Failing(failure, tuple(kinds), is_detour if detours else never), way, seed)
    trial.run_whatever_happens(stages=1)
    assert trial.isolated
    trial.run_whatever_happens()
    assert trial.isolated


@given(world=instances(), failure=st.sampled_from(FAILURES), seed=SOME_SEED)
def test_every_later_step_may_fail_at_once(
    world: ResourceState, failure: RingfenceError, seed: int | None
) -> None:
    later = tuple(step for stage in LATER for one in stage.remediations for step in one.steps)
    trial = Trial(world, Failing(failure, later), seed=seed)
    assert trial.run(stages=1).status in CONTAINED
    trial.run_whatever_happens()
    assert trial.isolated
    assert trial.verified
    assert trial.verified.contained


def without(*unread: type[Observation]) -> Runbook:
    """Return the runbook with what needs none of these facets."""
    kept = (one for one in EVERYTHING.remediations if not set(unread) & set(one.observations))
    return EVERYTHING.narrowed(one.id for one in kept)


@EACH_SEED
@pytest.mark.parametrize("failure", UNREADABLE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("facet", LATER_FACETS, ids=lambda facet: facet.__name__)
def test_a_later_facet_that_cannot_be_read_keeps_back_no_more_than_what_needs_it(
    facet: type[Observation], failure: RingfenceError, seed: int | None
) -> None:
    """It is said of each, nothing is called complete, and once it can be read the rest is done."""
    for way in WAYS:
        trial, other = Trial(everything_to_do(), way=way, seed=seed), Trial(everything_to_do(), way=way)
        other.runbook = without(facet)
        trial.cloud.unreadable = {facet: failure}
        trial.run_whatever_happens()
        trial.look_again()
        other.run()
        assert trial.isolated
        assert changes(trial) == changes(other) if seed else trial.cloud.calls == other.cloud.calls
        verified = trial.verified
        assert verified
        assert (verified.contained, verified.complete, verified.whole) == (True, False, True)
        for id_ in set(EVERYTHING.ids) - set(other.runbook.ids):
            assert any(
                f"{facet.__name__} could not be read" in one and id_ in one for one in verified.exposure
            )
        trial.cloud.unreadable = {}
        assert trial.run().status is IncidentStatus.COMPLETE
        assert {type(step) for step in trial.cloud.calls} == {
            type(step) for step in finished(way).cloud.calls
        }


def changes(trial: Trial) -> set[str]:
    """Return what later stages changed, once each: after a lost answer a step is taken again."""
    steps = {step for stage in LATER for one in stage.remediations for step in one.steps}
    return {aim(step) for step in trial.cloud.calls if type(step) in steps}


def finished(way: str) -> Trial:
    """Return a trial in which nothing stood in the way."""
    trial = Trial(everything_to_do(), way=way)
    assert trial.run().status is IncidentStatus.COMPLETE
    return trial


@given(
    world=instances(),
    unread=st.sets(st.sampled_from(LATER_FACETS), min_size=1),
    failure=st.sampled_from(UNREADABLE),
    way=st.sampled_from(WAYS),
    seed=SOME_SEED,
)
def test_whatever_cannot_be_read_what_does_not_need_it_is_done(
    world: ResourceState, unread: set[type[Observation]], failure: RingfenceError, way: str, seed: int | None
) -> None:
    trial, other = Trial(world, way=way, seed=seed), Trial(world, way=way)
    other.runbook = without(*unread)
    trial.cloud.unreadable = dict.fromkeys(unread, failure)
    assert trial.run(stages=1).status in CONTAINED
    other.run(stages=1)  # at the same time, which is part of what is denied
    trial.run_whatever_happens()
    trial.look_again()
    other.run_whatever_happens()
    assert trial.isolated
    assert changes(trial) == changes(other) if seed else trial.cloud.calls == other.cloud.calls
    assert trial.verified
    assert trial.verified.contained
    assert not trial.verified.complete


@EACH_SEED
@pytest.mark.parametrize("failure", UNREADABLE, ids=lambda error: type(error).__name__)
def test_what_containment_itself_must_see_is_read_or_it_changes_nothing(
    failure: RingfenceError, seed: int | None
) -> None:
    """Later stages do not need it, and do not wait for it. Nothing is called contained."""
    trial = Trial(everything_to_do(), seed=seed)
    trial.cloud.unreadable = {Network: failure}
    trial.run_whatever_happens()
    assert not any(map(isolates, trial.cloud.calls))
    assert CreateSnapshots in {type(step) for step in trial.cloud.calls}
    assert trial.verified
    assert not trial.verified.contained


@EACH_SEED
@pytest.mark.parametrize("failure", FAILURES, ids=NAMES)
def test_what_is_tried_only_once_is_told_and_not_tried_again(
    failure: RingfenceError, seed: int | None
) -> None:
    """Blocking an address is worth a try: containment neither waits for it nor hides that it failed."""
    failing = Failing(failure, (DenyAddress,))
    trial = Trial(everything_to_do(), failing, seed=seed)
    trial.run_whatever_happens(stages=1)
    tried = len(failing.met)
    assert tried
    if isinstance(failure, NotFound):
        trial.lose(SubnetAcls())
    assert trial.run(stages=1).status in CONTAINED
    assert len(failing.met) == tried
    assert trial.verified
    assert isinstance(failure, NotFound) or any(
        "198.51.100.7/32" in words for words in trial.verified.refused
    )


def test_a_step_that_contradicts_itself_is_raised_after_the_others_and_recorded() -> None:
    bug = InternalError("two things that cannot both be")
    trial = Trial(everything_to_do(), Failing(bug, (TagInstance,)))
    with pytest.raises(InternalError, match="cannot both be"):
        trial.run()
    outcomes = trial.history.outcomes.values()
    assert [one.detail for one in outcomes if one.result == Result.FAILED] == [str(bug)]
    assert StopInstance in {type(step) for step in trial.cloud.calls}
    assert not trial.history.open_intents
    assert trial.history.lease.owner == ""
