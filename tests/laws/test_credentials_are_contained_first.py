"""Law 6 for credentials: whatever else fails, and however, the key is inactive, or the session denied.

What is called contained is more than that: nothing that the intruder is known to have lets him in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.errors import AccessDenied, Refused, RingfenceError
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.observations.iam.access_key import ACTIVE, AccessKey
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.other_credentials import OtherCredentials
from ringfence.observations.iam.reach import Reach
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.boundaries import SetDenyBoundary
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from tests.support.effort import examples
from tests.support.strategies.contain_credentials import busy
from tests.support.strategies.credentials import DEPLOY, KEY, PERSON, SESSION, WEB, WHOLE, principals
from tests.support.trials import CONTAINED, EACH_SEED, FAILURES, UNREADABLE, Failing, aim
from tests.support.trials import Trial as AnyTrial

if TYPE_CHECKING:
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

EVERYTHING = CONTAIN_CREDENTIALS.chosen(CONTAIN_CREDENTIALS.ids)
WORLDS = {
    "key": busy(KEY, Denial(DEPLOY)),
    "user": busy(PERSON, Denial(DEPLOY)),
    "session": busy(SESSION, Denial(WEB)),
}
WAYS_TO_FAIL: tuple[RingfenceError, ...] = (
    *FAILURES,
    AccessDenied("iam: AccessDenied: with an explicit deny"),
)


class Trial(AnyTrial):
    """One principal to contain with every option switched on; a person trusts the user's password."""

    def __init__(self, world: ResourceState, failing: Failing | None = None, seed: int | None = None) -> None:
        choices = EVERYTHING.choose({"other-access": "trusted"})
        super().__init__(EVERYTHING, world, failing or Failing(FAILURES[0]), choices, seed=seed)

    @property
    def contained(self) -> bool:
        world = self.cloud.world
        assert world
        if isinstance(self.ref, AccessKeyRef):
            key = world[AccessKey].key(self.ref.id)
            return key is None or key.status != ACTIVE
        if isinstance(self.ref, RoleSessionRef) and not self.ref.of_instance:
            return world[Denial].covers(Reach(WHOLE, self.ref.id))
        return world[Denial].covers(Reach(userid=self.ref.id) if self.ref == SESSION else Reach())

    @property
    def closed(self) -> bool:
        """Whether nothing else that is known lets the intruder in: sessions and other credentials."""
        world = self.cloud.world
        assert world
        if not isinstance(self.ref, AccessKeyRef) or world[Denial].covers(Reach()):
            return self.contained
        works = any(one.status == ACTIVE for one in world[OtherCredentials].credentials)
        sessions = world[Denial].holder is not None and not world[Denial].covers(Reach(before=WHOLE))
        return self.contained and not (works or sessions)

    def check_first(self) -> None:
        """Run the first stage: contained, or it is for a later stage to say so."""
        report = self.run(stages=1)
        assert report.verified
        assert report.status in CONTAINED or not report.verified.judged
        assert report.verified.remaining == report.verified.settling == ()

    def check(self, failure: RingfenceError) -> None:
        """Contained, and not complete: what is refused for good is not waited for, and is listed."""
        assert self.contained
        assert self.verified
        assert self.verified.contained is (self.closed and self.verified.judged)
        for_good = type(failure) is Refused and bool(self.verified.refused)
        # A message that came back because of a lost answer or a stale look has gone around what failed.
        around = self.chaos and any(
            isinstance(one, AttachDenial | SetDenyBoundary) for one in self.cloud.calls
        )
        assert for_good or around or not self.verified.complete


def first_facets(ref: Ref) -> tuple[type[Observation], ...]:
    return EVERYTHING.on(ref).stages[0].observations


def others(world: ResourceState) -> tuple[str, ...]:
    """Return the targets of what is done beside containment where nothing fails."""
    trial, first = Trial(world), Trial(world)
    assert not trial.contained
    assert trial.run().status is IncidentStatus.COMPLETE
    first.run(stages=1)
    assert trial.contained
    assert first.contained
    return tuple(aim(step) for step in trial.cloud.calls if step not in first.cloud.calls)


def later_facets(world: ResourceState) -> tuple[type[Observation], ...]:
    first, every = first_facets(world.ref), EVERYTHING.on(world.ref).observations
    return tuple(facet for facet in every if facet not in first)


OTHERS = [(name, target) for name, world in WORLDS.items() for target in others(world)]
LATER_FACETS = [(name, facet) for name, world in WORLDS.items() for facet in later_facets(world)]


@EACH_SEED
@pytest.mark.parametrize("failure", WAYS_TO_FAIL, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("name", "target"), OTHERS)
def test_one_other_step_that_fails_does_not_keep_a_principal_from_being_contained(
    name: str, target: str, failure: RingfenceError, seed: int | None
) -> None:
    failing = Failing(failure, also=lambda step: aim(step) == target)
    trial = Trial(WORLDS[name], failing, seed)
    trial.run_whatever_happens()
    trial.look_again()
    assert failing.met, "it was tried, and it did fail"
    assert trial.contained
    trial.check_first()
    trial.check(failure)


@EACH_SEED
@pytest.mark.parametrize("failure", WAYS_TO_FAIL, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("name", WORLDS)
def test_every_other_step_may_fail_at_once(name: str, failure: RingfenceError, seed: int | None) -> None:
    targets = {target for one, target in OTHERS if one == name}
    trial = Trial(WORLDS[name], Failing(failure, also=lambda step: aim(step) in targets), seed)
    trial.check_first()
    trial.run_whatever_happens()
    trial.check(failure)


@EACH_SEED
@pytest.mark.parametrize("failure", UNREADABLE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("name", "facet"), LATER_FACETS)
def test_a_later_facet_that_cannot_be_read_leaves_it_contained_and_not_complete(
    name: str, facet: type[Observation], failure: RingfenceError, seed: int | None
) -> None:
    """Once it can be read the rest is done."""
    trial = Trial(WORLDS[name], seed=seed)
    trial.cloud.unreadable = {facet: failure}
    trial.run_whatever_happens()
    assert trial.contained
    trial.look_again()
    assert trial.verified
    assert (trial.verified.complete, trial.verified.whole) == (False, True)
    unknown = name == "key" and facet in {Denial, OtherCredentials}
    assert trial.verified.contained is not unknown, "what was not seen can be open"
    trial.cloud.unreadable = {}
    assert trial.run().status is IncidentStatus.COMPLETE


@EACH_SEED
@pytest.mark.parametrize("failure", UNREADABLE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("name", WORLDS)
def test_what_containment_itself_must_see_is_read_or_it_changes_nothing(
    name: str, failure: RingfenceError, seed: int | None
) -> None:
    """Later stages that read something else do not wait for it. Nothing is called contained."""
    trial, first = Trial(WORLDS[name], seed=seed), Trial(WORLDS[name])
    first.run(stages=1)
    trial.cloud.unreadable = dict.fromkeys(first_facets(trial.ref), failure)
    trial.run_whatever_happens()
    assert not set(first.cloud.calls) & set(trial.cloud.calls)
    assert trial.verified
    assert not trial.verified.contained


@EACH_SEED
@pytest.mark.parametrize("failure", WAYS_TO_FAIL, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("kinds", [(PutDenial,), (PutDenial, AttachDenial)], ids=["inline", "attached"])
@pytest.mark.parametrize("name", ["user", "session"])
def test_a_way_to_deny_that_fails_is_gone_around(
    name: str, kinds: tuple[type[Step], ...], failure: RingfenceError, seed: int | None
) -> None:
    failing = Failing(failure, kinds)
    trial = Trial(WORLDS[name], failing, seed)
    for _ in kinds:
        trial.run_whatever_happens()
        assert not (trial.verified and trial.verified.contained and not trial.contained)
    met = {type(step) for step in failing.met}
    assert met == set(kinds) or (trial.lost and met)  # a recorded try counts, also if it never began
    trial.run_whatever_happens(stages=1)
    assert trial.contained


@examples(60)
@given(world=principals(), failure=st.sampled_from(WAYS_TO_FAIL), data=st.data())
def test_whatever_a_principal_is_like_and_whatever_else_fails_it_is_contained_or_said_not_to_be(
    world: ResourceState, failure: RingfenceError, data: st.DataObject
) -> None:
    first = EVERYTHING.on(world.ref).stages[0]
    containing = tuple(step for one in first.remediations for step in one.steps)
    kinds = data.draw(st.sets(st.sampled_from([one for one in EVERYTHING.steps if one not in containing])))
    trial = Trial(world, Failing(failure, tuple(kinds)), data.draw(st.sampled_from((None, *range(20)))))
    trial.run_whatever_happens()
    trial.run(stages=1)
    trial.run_whatever_happens()
    verified = trial.verified
    assert verified
    assert trial.contained or verified.review
    if verified.contained:
        assert trial.closed
    elif verified.judged:
        assert verified.review or verified.open_access or verified.remaining
