"""What is chosen, what else a user has, and full quotas: contained with IAM enforced, and given back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ringfence.local.credential_findings import CredentialFinding
from ringfence.policy.decision import DecisionCode
from ringfence.record.facts import DecisionMade, Intended, Outcome, RunRequested
from tests.e2e.belongings import ALLOW_ALL, Belongings
from tests.e2e.places import HOME_REGION, next_second
from tests.e2e.world import not_applied, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from ringfence.local.principals import Credentials, KeyHolder
    from ringfence.record.history import History
    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e
EVERYTHING = ("--option", "user-deny=everything")


@pytest.fixture
def belongings(place: Place, holder: KeyHolder) -> Belongings:
    return Belongings.of(place.iam, holder)


def order(history: History) -> list[str]:
    """Return which steps were begun and ended, in the order of the log."""
    steps = {one.intent: type(one.step).__name__ for one in history.of(Intended)}
    told = (fact for _, fact in history.facts if isinstance(fact, Intended | Outcome))
    return [f"{'begin' if isinstance(one, Intended) else 'end'} {steps[one.intent]}" for one in told]


@pytest.mark.shows("require-password-reset")
def test_a_new_password_is_required_behind_the_denial_of_everything_alone(
    place: Place, holder: KeyHolder, belongings: Belongings
) -> None:
    belongings.give_password()
    place.send(CredentialFinding.of_key(holder, HOME_REGION))
    verified = place.over(holder.ref).verified
    assert verified is not None
    assert any("it was not reset" in words for words in verified.exposure)
    assert not belongings.must_choose_a_password()

    told = place.run(holder.ref, *EVERYTHING)
    assert belongings.must_choose_a_password(), told
    assert place.works(holder.leaked, holder.other) == [False, False]
    steps = order(place.history(holder.ref))
    denied = max(at for at, step in enumerate(steps) if step == "end PutDenial")
    assert denied < steps.index("begin SetPasswordReset")

    place.release(holder.ref)
    assert not belongings.must_choose_a_password()
    assert place.works(holder.leaked, holder.other) == [True, True]
    place.prove(holder.ref)


@pytest.mark.shows("deactivate-other-credentials")
def test_ssh_keys_and_certificates_are_deactivated_and_those_that_were_inactive_stay_so(
    place: Place, holder: KeyHolder, belongings: Belongings
) -> None:
    belongings.give_ssh_key("Active", 1)
    belongings.give_ssh_key("Inactive", 2)
    belongings.give_certificate()
    before = belongings.statuses()
    assert sorted(before) == ["Active", "Active", "Inactive"]
    place.iam.delete_access_key(UserName=holder.name, AccessKeyId=holder.other.key)
    place.send(CredentialFinding.of_key(holder, HOME_REGION))
    verified = place.over(holder.ref).verified
    assert verified is not None
    assert verified.complete, "that the user has no password is no reason to wait"
    assert belongings.statuses() == ["Inactive"] * 3

    place.release(holder.ref)
    assert belongings.statuses() == before
    place.prove(holder.ref)


def test_by_choice_every_session_of_the_role_is_refused(place: Place, holder: KeyHolder) -> None:
    named, beside = (
        place.principals.assume(holder.other, holder.role, name) for name in ("intruder", "reports")
    )
    ref = holder.session_ref(named)
    told = place.run(ref, "--option", "role-deny=role")
    later = place.principals.assume(holder.other, holder.role, "later")
    assert place.works(named, beside, later, holder.other) == [False, False, False, True], told

    place.release(ref)
    assert place.works(named, beside, later, holder.other) == [True] * 4
    place.prove(ref)


def test_by_choice_the_users_other_key_is_deactivated_too(place: Place, holder: KeyHolder) -> None:
    told = place.run(holder.ref, "--option", "other-keys=deactivate")
    assert place.works(holder.leaked, holder.other) == [False, False], told
    assert place.principals.status(holder, holder.other) == "Inactive"

    place.release(holder.ref)
    assert place.works(holder.leaked, holder.other) == [True, True]
    place.prove(holder.ref)


def test_what_an_exempt_user_and_an_exempt_role_hold_is_left_unless_a_person_insists(place: Place) -> None:
    holder = place.principals.holder("break-glass")
    session = place.principals.session(holder.leaked)
    responder = place.principals.assume(holder.other, holder.role, "responder")
    reported = (holder.ref, holder.session_ref(responder))
    next_second()
    place.send(CredentialFinding.of_key(holder, HOME_REGION))
    place.send(CredentialFinding.of_session(holder, responder, HOME_REGION))
    until(lambda: all(place.history(ref).entries for ref in reported), "both reports are recorded")
    place.world.quiet()
    assert not any(place.history(ref).of(Intended) for ref in reported)
    assert place.works(holder.leaked, holder.other, session, responder) == [True] * 4

    told = place.run(holder.ref)
    assert "--despite-exempt" in told
    assert place.works(holder.leaked) == [True]
    told = place.run(holder.ref, "--despite-exempt")
    assert place.works(holder.leaked, session) == [False, False], told
    assert [one.despite_exempt for one in place.history(holder.ref).of(RunRequested)][-1]
    place.prove(holder.ref)


def test_what_a_protected_user_holds_is_left_whoever_asks_until_the_protection_expires(place: Place) -> None:
    kept, former = (place.principals.holder(name) for name in ("way-in", "way-out"))
    session = place.principals.session(kept.leaked)
    next_second()
    for holder in (kept, former):
        place.send(CredentialFinding.of_key(holder, HOME_REGION))
    until(lambda: place.works(former.leaked) == [False], "the key of the other user is contained")
    until(lambda: place.history(kept.ref).entries, "the report is recorded")
    place.world.quiet()
    made = place.history(kept.ref).last(DecisionMade)
    assert made is not None
    assert made.decision.code == DecisionCode.PROTECTED
    for words in ((), ("--despite-exempt",)):
        told = " ".join(place.run(kept.ref, *words).split())
        assert "the last way in (owner: ops)" in told
        assert "take it out of the policy's `protected` and deploy that" in told
        assert "--despite-exempt: is required" not in told
    assert place.works(kept.leaked, kept.other, session) == [True] * 3
    assert not place.history(kept.ref).of(Intended)


@dataclass(frozen=True)
class Crowded:
    """A user with no room for another inline policy, and a session of its leaked key."""

    holder: KeyHolder
    session: Credentials
    belongings: Belongings
    attached: set[str]

    @classmethod
    def make(cls, place: Place, *, full: bool) -> Crowded:
        """Make one; `full`: it has no room for an attached policy either."""
        holder = place.principals.holder(place.world.builder().name)
        belongings = Belongings.of(place.iam, holder)
        belongings.fill_inline()
        if full:
            belongings.fill_attached()
        return cls(holder, place.principals.session(holder.leaked), belongings, belongings.attached())

    def works(self, place: Place) -> list[bool]:
        return place.works(self.holder.leaked, self.session, self.holder.other)


@dataclass(frozen=True)
class Crowd:
    """Such users, answered at the same time: each way that is closed takes seconds."""

    inline: Crowded
    both: Crowded
    bounded: Crowded
    told: Future[str]
    """What the operator was told, who denied the last one everything."""


@pytest.fixture(scope="module")
def crowd(place: Place) -> Iterator[Crowd]:
    inline, both, bounded = (Crowded.make(place, full=full) for full in (False, True, True))
    bounded.belongings.bound(ALLOW_ALL)
    next_second()
    with ThreadPoolExecutor(1) as beside:
        told = beside.submit(place.run, bounded.holder.ref, *EVERYTHING)
        for one in (inline, both):
            place.send(CredentialFinding.of_key(one.holder, HOME_REGION))
        yield Crowd(inline, both, bounded, told)


def test_where_inline_policies_are_full_the_denial_is_attached(place: Place, crowd: Crowd) -> None:
    one = crowd.inline
    history = place.over(one.holder.ref)
    assert len(not_applied(history)) == 1, "the inline policy"
    assert one.belongings.attached() == one.attached | set(one.belongings.made_for_it())
    assert one.works(place) == [False, False, True]

    place.release(one.holder.ref)
    assert one.belongings.attached() == one.attached
    assert not one.belongings.made_for_it()
    assert one.works(place) == [True] * 3
    place.prove(one.holder.ref)


def test_where_nothing_more_can_be_attached_the_denial_becomes_the_boundary(
    place: Place, crowd: Crowd
) -> None:
    one = crowd.both
    history = place.over(one.holder.ref)
    assert len(not_applied(history)) == 2, "the inline policy and the attachment"
    assert one.belongings.boundary() in one.belongings.made_for_it()
    assert one.works(place) == [False, False, True]

    place.release(one.holder.ref)
    assert not one.belongings.boundary()
    assert not one.belongings.made_for_it()
    assert one.works(place) == [True] * 3
    place.prove(one.holder.ref)


def test_a_boundary_that_gives_way_to_the_denial_of_everything_is_restored(
    place: Place, crowd: Crowd
) -> None:
    one, told = crowd.bounded, crowd.told.result()
    assert one.belongings.boundary() in one.belongings.made_for_it(), told
    assert one.works(place) == [False] * 3

    place.release(one.holder.ref)
    assert one.belongings.boundary() == ALLOW_ALL
    assert one.works(place) == [True] * 3
    place.prove(one.holder.ref)
