"""What holds for `harden-identity` beside the laws: nothing is made weaker, and a notice comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.undo import undo
from ringfence.model.kinds.root import RootRef
from ringfence.model.observation import ResourceState
from ringfence.observations.iam.password_policy import IAMS_OWN, PasswordPolicy, PasswordRules
from ringfence.observations.iam.user_keys import DatedKey, UserKeys
from ringfence.remediations.deactivate_unused_keys import deactivate_unused_keys
from ringfence.remediations.set_password_policy import demanded, stricter
from ringfence.runbooks.harden_identity import HARDEN_IDENTITY
from ringfence.steps.iam.unused_keys import DeactivateUnusedKey, GiveNotice
from tests.support.laws.plans import applied, run
from tests.support.strategies.harden_identity import FIX
from tests.support.strategies.identity import (
    ACCOUNT,
    KEY,
    PERSON,
    ROOT,
    RULES,
    WHOLE,
    ago,
    identities,
    incident,
    incidents,
)
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.incident import Incident
    from ringfence.model.runbook import Runbook


def answered(before: ResourceState) -> Runbook:
    return FIX.on(before.ref)


# What is there is not lost


def keeps(there: PasswordRules, then: PasswordRules) -> bool:
    """Say whether each demand is as strict as it was, and who may set a password as it was.

    Only with a new maximum age everybody may, for otherwise it locks people out.
    """
    lived = not there.max_age or 0 < then.max_age <= there.max_age
    kinds = ("symbols", "numbers", "uppercase", "lowercase")
    return (
        lived
        and then.length >= there.length
        and then.reuse >= there.reuse
        and all(getattr(then, one) >= getattr(there, one) for one in kinds)
        and then.hard_expiry == there.hard_expiry
        and then.may_change == (there.may_change or then.max_age != there.max_age)
    )


@given(there=RULES, wanted=RULES)
def test_no_password_policy_is_ever_made_weaker(there: PasswordRules, wanted: PasswordRules) -> None:
    then = stricter(there, wanted)
    assert keeps(there, then)
    assert stricter(then, wanted) == then
    assert then.length >= wanted.length
    assert then.reuse >= wanted.reuse
    assert there.hard_expiry or not wanted.max_age or 0 < then.max_age <= wanted.max_age


@given(at=incidents())
def test_where_there_is_no_policy_iams_own_is_not_undercut(at: Incident) -> None:
    (step,) = FIX.on(WHOLE).stages[0].plan(ResourceState(WHOLE).with_observation(PasswordPolicy()), at)
    after = step.effect(ResourceState(WHOLE))[PasswordPolicy].rules
    assert after
    assert keeps(IAMS_OWN, after)
    assert after.may_change is bool(after.max_age)
    wanted = replace(demanded(at), may_change=after.may_change)
    assert keeps(wanted, replace(after, max_age=after.max_age or wanted.max_age))


@given(there=RULES)
def test_what_sets_a_policy_says_every_field_of_it(there: PasswordRules) -> None:
    """An update replaces the whole policy: what is not said falls back to IAM's default."""
    said = there.parameters()
    assert {name for name, one in said.items() if one == 0 and not isinstance(one, bool)} == set()
    assert len(said) == 7 + bool(there.max_age) + bool(there.reuse)


@given(before=identities(PERSON), at=incidents())
def test_only_active_keys_that_are_unused_are_touched_and_none_is_activated(
    before: ResourceState, at: Incident
) -> None:
    after, steps = run(answered(before), before, at)
    unused = timedelta(days=int(at.choice("unused-days")))
    for was, then in zip(before[UserKeys].keys, after[UserKeys].keys, strict=True):
        if was != then:
            assert then == replace(was, status="Inactive")
            assert was.idle_since
            assert was.status == "Active"
            assert at.now - was.idle_since >= unused
    for step in undo(steps, after).steps:
        key = before[UserKeys].key(step.target.split("/")[1])
        assert key
        assert key.status == "Active"


NIGHTS = st.lists(st.booleans(), min_size=1, max_size=40)
"""For each night, whether the key was used on the day before it."""


@given(used=NIGHTS, unused=st.sampled_from((0, 3, 9)), grace=st.sampled_from((0, 1, 5)))
def test_night_after_night_a_key_goes_only_after_a_notice_a_grace_period_ago_that_nobody_answered(
    used: list[bool], unused: int, grace: int
) -> None:
    seen = ResourceState(PERSON).with_observation(UserKeys("deploy", (DatedKey(KEY, "Active", ago(0)),)))
    at = incident(unused_days=str(unused), grace_days=str(grace))
    last = NOON
    for night, use in enumerate(used, start=1):
        now = NOON + timedelta(days=night)
        if use:
            last = now - timedelta(hours=12)
            seen = seen.with_observation(UserKeys("deploy", (DatedKey(KEY, "Active", ago(0), last),)))
        at = replace(at, as_of=now)
        steps = deactivate_unused_keys.plan(seen, at)
        at = replace(at, past=(*at.past, *steps))
        due = now - last >= timedelta(days=unused)
        given = [one.at for one in at.past if isinstance(one, GiveNotice) and one.at >= last]
        gone = any(isinstance(step, DeactivateUnusedKey) for step in steps)
        assert gone == (due and any(now - one >= timedelta(days=grace) for one in given))
        assert not due or given
        if gone:
            return


@given(activated=st.lists(st.booleans(), min_size=1, max_size=40), grace=st.sampled_from((0, 1, 5)))
def test_a_key_that_is_activated_again_goes_only_after_a_notice_of_its_own(
    activated: list[bool], grace: int
) -> None:
    seen, last = (
        ResourceState(PERSON).with_observation(UserKeys("deploy", (DatedKey(KEY, "Active", ago(400)),))),
        ago(1),
    )
    at = incident(grace_days=str(grace))
    for night, again in enumerate(activated):
        at = replace(at, as_of=NOON + timedelta(days=night))
        if again:
            seen = seen.with_observation(UserKeys("deploy", (DatedKey(KEY, "Active", ago(400)),)))
        steps = deactivate_unused_keys.plan(seen, at)
        at, seen = replace(at, past=(*at.past, *steps)), applied(seen, steps)
        assert deactivate_unused_keys.plan(seen, at) == ()
        if any(isinstance(step, DeactivateUnusedKey) for step in steps):
            notices = [one.at for one in at.past if isinstance(one, GiveNotice)]
            assert last < notices[-1] <= at.now - timedelta(days=grace)
            last = at.now


def test_nothing_that_responds_may_delete_a_policy_or_touch_anything_but_keys_of_users() -> None:
    changing = {
        one.action: one.resources
        for one in HARDEN_IDENTITY.permissions()
        if not one.action.startswith(("iam:Get", "iam:List", "config:"))
    }
    assert changing == {
        "iam:UpdateAccessKey": ("arn:aws:iam::{account}:user/*",),
        "iam:UpdateAccountPasswordPolicy": ("*",),
    }


# What it answers


def test_each_finding_leads_to_what_it_is_about_and_to_nothing_else() -> None:
    answers = HARDEN_IDENTITY.answers_by_type()
    unused = "Config:iam-user-unused-credentials-check"
    assert {id_: answers[id_] for id_ in FIX.ids} == {
        "deactivate-unused-keys": (unused, "Review:unused-access-keys"),
        "report-unused-password": (unused,),
        "set-password-policy": (
            "Config:iam-password-policy",
            "CloudTrail:iam:UpdateAccountPasswordPolicy",
            "CloudTrail:iam:DeleteAccountPasswordPolicy",
        ),
        "report-root-use": ("Root:Call", "Root:SignIn"),
    }


def test_each_subject_has_what_is_for_it() -> None:
    assert [FIX.on(ref).ids for ref in (PERSON, WHOLE, ROOT)] == [
        ("deactivate-unused-keys", "report-unused-password"),
        ("set-password-policy",),
        ("report-root-use",),
    ]


def test_the_nightly_review_reads_keys_and_no_passwords() -> None:
    """It looks at every user that has a key: what it asks is asked thousands of times."""
    assert FIX.narrowed(["deactivate-unused-keys"]).observations == (UserKeys,)
    assert HARDEN_IDENTITY.review
    assert HARDEN_IDENTITY.review.schedule == "cron(0 3 * * ? *)"


def test_of_the_root_user_nothing_is_read_and_nothing_changed() -> None:
    chosen = FIX.on(ROOT)
    assert (chosen.observations, chosen.steps) == ((), ())
    assert chosen.stages[0].plan(ResourceState(RootRef(ACCOUNT, "us-east-1", "root")), incident()) == ()
    assert len(chosen.stages[0].review_items(ResourceState(ROOT), incident())) == 3
