"""What each remediation of `harden-identity` plans, and what it says is for a person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.model.observation import Observation, ResourceState
from ringfence.observations.iam.password_policy import PasswordPolicy, PasswordRules
from ringfence.observations.iam.password_use import PasswordUse
from ringfence.observations.iam.user_keys import DatedKey, UserKeys
from ringfence.runbooks import load
from ringfence.runbooks.harden_identity import HARDEN_IDENTITY
from ringfence.steps.iam.password_policy import SetPasswordPolicy
from ringfence.steps.iam.unused_keys import DeactivateUnusedKey, GiveNotice
from tests.support.strategies.identity import KEY, OTHER, PERSON, ROOT, ago, incident
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.incident import Incident
    from ringfence.model.step import Step

OFF = DeactivateUnusedKey("deploy", KEY, "Active", "Inactive", NOON)


def key(created: float = 400, used: datetime | None = None, id_: str = KEY) -> UserKeys:
    return UserKeys("deploy", (DatedKey(id_, "Active", ago(created), used),))


def noticed(*days: float, **chosen: str) -> Incident:
    """An incident in which notice was given so many days ago."""
    return replace(incident(**chosen), past=tuple(GiveNotice("deploy", KEY, ago(one)) for one in days))


def seen(*facets: Observation) -> ResourceState:
    return ResourceState(PERSON, {type(one): one for one in facets})


def plan(id_: str, facet: Observation, at: Incident | None = None) -> tuple[Step, ...]:
    return load(id_).plan(seen(facet), at or incident())


def said(id_: str, facet: Observation, at: Incident | None = None) -> str:
    return " | ".join(load(id_).residual_risks(seen(facet), at or incident()))


def left(id_: str, facet: Observation, at: Incident | None = None) -> str:
    return " | ".join(load(id_).review_items(seen(facet), at or incident()))


@pytest.mark.parametrize("id_", HARDEN_IDENTITY.stages[0].members, ids=lambda one: one.id)
def test_a_remediation_says_what_its_options_cost_and_looks_at_what_it_changes(id_: object) -> None:
    remediation = load(getattr(id_, "id", ""))
    assert remediation.references
    assert {step.observation for step in remediation.steps} <= set(remediation.observations)
    for choice in remediation.options:
        assert all(f"{value}:" in choice.help for value in choice.values)
        assert all(choice.allows(value) for value in choice.values)
        assert not any(choice.allows(wrong) for wrong in ("", "-1", "1.5", "x", "99999", "05"))


# deactivate-unused-keys

KEYS = "deactivate-unused-keys"
NOTICE = GiveNotice("deploy", KEY, NOON)


def test_notice_is_given_first_and_nothing_else() -> None:
    assert plan(KEYS, key()) == (NOTICE,)
    assert left(KEYS, key()) == ""
    assert "never used since it was created" in said(KEYS, key())


def test_while_the_grace_period_runs_it_is_said_which_key_goes_when_and_it_is_not_complete() -> None:
    assert plan(KEYS, key(), noticed(13)) == ()
    assert left(KEYS, key(), noticed(13)) == (
        f"access key {KEY} of user deploy, never used since it was created on 2025-01-25, will be "
        "deactivated on 2026-03-02 unless somebody uses it before"
    )


def test_the_words_are_the_same_night_after_night() -> None:
    """They are recorded once: what says the same again is no news."""
    tonight = noticed(2)
    before = replace(tonight, opened_at=ago(1))
    assert left(KEYS, key(), before) == left(KEYS, key(), tonight) != ""


def test_when_the_grace_period_is_over_the_key_goes() -> None:
    assert plan(KEYS, key(), noticed(14)) == (OFF,)
    assert left(KEYS, key(), noticed(14)) == ""


def test_the_newest_notice_counts() -> None:
    assert plan(KEYS, key(), noticed(100, 3)) == ()


def test_a_key_that_was_used_after_the_notice_stays_and_that_is_said() -> None:
    used = key(used=ago(2))
    assert plan(KEYS, used, noticed(14)) == ()
    assert left(KEYS, used, noticed(14)) == ""
    assert "was used after the notice: last used on 2026-02-27" in said(KEYS, used, noticed(14))


def test_a_notice_before_the_last_use_counts_no_more() -> None:
    assert plan(KEYS, key(used=ago(91)), noticed(100)) == (NOTICE,)


def test_a_key_used_rarely_is_due_only_when_it_rested_as_long_as_the_option_says() -> None:
    assert plan(KEYS, key(used=ago(89))) == ()
    assert plan(KEYS, key(used=ago(90))) == (NOTICE,)
    assert plan(KEYS, key(used=ago(89)), incident(unused_days="30")) == (NOTICE,)


def test_a_new_key_that_nobody_has_used_yet_is_left_alone() -> None:
    assert plan(KEYS, key(created=3)) == ()


def test_what_iam_says_no_date_of_is_left_alone() -> None:
    assert plan(KEYS, UserKeys("deploy", (DatedKey(KEY, "Active"),))) == ()


@pytest.mark.parametrize("status", ["Inactive", "Expired"])
def test_only_active_keys_are_touched(status: str) -> None:
    assert plan(KEYS, UserKeys("deploy", (DatedKey(KEY, status, ago(400)),))) == ()


def test_without_a_grace_period_notice_and_deactivation_come_together() -> None:
    assert plan(KEYS, key(), incident(grace_days="0")) == (NOTICE, OFF)


def test_with_every_age_0_whatever_is_active_goes() -> None:
    """What is seen where nothing can be old: a deployment to try it out."""
    assert plan(KEYS, key(created=0), incident(grace_days="0", unused_days="0")) == (NOTICE, OFF)


def test_the_age_counts_up_to_the_newest_recorded_instant() -> None:
    """A notice of an incident that was opened long ago: the newest look says how long."""
    at = replace(noticed(14), opened_at=ago(14))
    assert plan(KEYS, key(), at) == ()
    assert plan(KEYS, key(), replace(at, as_of=NOON)) == (OFF,)


def test_a_notice_about_one_key_is_none_about_another() -> None:
    assert plan(KEYS, key(id_=OTHER), noticed(14)) == (GiveNotice("deploy", OTHER, NOON),)


def test_a_key_that_is_active_again_was_activated_by_somebody_who_gets_notice_anew() -> None:
    """IAM does not say when: it is told by what was recorded."""
    at = noticed(20)
    again = replace(at, past=(*at.past, replace(OFF, at=ago(6))))
    assert plan(KEYS, key(), again) == (NOTICE,)
    assert "active again" in said(KEYS, key(), again)
    anew = replace(again, past=(*again.past, GiveNotice("deploy", KEY, ago(3))))
    assert plan(KEYS, key(), anew) == ()
    assert "will be deactivated on 2026-03-12" in left(KEYS, key(), anew)
    over = replace(again, past=(*again.past, GiveNotice("deploy", KEY, ago(14))))
    assert plan(KEYS, key(), replace(over, past=(over.past[0], replace(OFF, at=ago(15)), over.past[2]))) == (
        OFF,
    )


def test_what_was_tried_at_this_very_look_is_tried_again() -> None:
    at = noticed(14)
    assert plan(KEYS, key(), replace(at, past=(*at.past, OFF))) == (OFF,)


def test_what_was_tried_on_another_key_says_nothing_of_this_one() -> None:
    at = noticed(14)
    other = replace(OFF, key=OTHER, at=ago(3))
    assert plan(KEYS, key(), replace(at, past=(*at.past, other))) == (OFF,)


def test_whose_keys_they_are_in_doubt_is_for_a_person() -> None:
    doubted = UserKeys(doubt="it is the id of one and the name of another")
    assert plan(KEYS, doubted) == ()
    assert "nothing was changed: it is the id" in left(KEYS, doubted)


def test_what_a_key_breaks_is_guarded_by_notice_and_grace_alone() -> None:
    assert load(KEYS).workload_risk == ""
    assert any(step.irreversible for step in load(KEYS).steps), "a notice that was given stays given"
    assert DeactivateUnusedKey.irreversible == ""


# report-unused-password

PASSWORD = "report-unused-password"


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (PasswordUse("deploy", ago(200), ago(100)), "last used on 2025-11-21"),
        (PasswordUse("deploy", ago(100)), "never used since 2025-11-21"),
        (PasswordUse("deploy", ago(200), ago(3)), ""),
        (PasswordUse("deploy", ago(3)), ""),
        (PasswordUse("deploy", ago(3), ago(200)), ""),
        (PasswordUse("deploy", ago(100), ago(200)), "never used since 2025-11-21"),
        (PasswordUse("deploy"), ""),
        (PasswordUse(), ""),
    ],
)
def test_a_password_that_nobody_uses_is_said_and_left(use: PasswordUse, words: str) -> None:
    assert plan(PASSWORD, use) == ()
    assert left(PASSWORD, use) == ""
    assert words in said(PASSWORD, use)
    assert bool(said(PASSWORD, use)) == bool(words)


# set-password-policy

POLICY = "set-password-policy"
STRONG = PasswordRules(
    14, symbols=True, numbers=True, uppercase=True, lowercase=True, max_age=90, reuse=24, may_change=True
)


def test_an_account_without_a_policy_gets_the_one_that_the_options_say() -> None:
    assert plan(POLICY, PasswordPolicy()) == (SetPasswordPolicy(None, STRONG),)


def test_a_new_maximum_age_comes_with_the_right_to_change_ones_own_password() -> None:
    """Whoever has an older password and no right to change it could not sign in any more."""
    for age in (0, 200):
        there = replace(STRONG, max_age=age, may_change=False)
        assert plan(POLICY, PasswordPolicy(there)) == (SetPasswordPolicy(there, STRONG),)
    shorter = replace(STRONG, max_age=30, may_change=False, length=8)
    (step,) = plan(POLICY, PasswordPolicy(shorter))
    assert isinstance(step, SetPasswordPolicy)
    assert not step.after.may_change, "its own age is its owner's decision"
    without = replace(STRONG, max_age=0, may_change=False, length=8)
    assert plan(POLICY, PasswordPolicy(without), incident(max_age="0")) == (
        SetPasswordPolicy(without, replace(without, length=14)),
    )


def test_a_policy_that_demands_as_much_or_more_is_left() -> None:
    assert plan(POLICY, PasswordPolicy(STRONG)) == ()
    assert plan(POLICY, PasswordPolicy(replace(STRONG, length=20, max_age=30))) == ()


def test_only_what_demands_too_little_is_raised() -> None:
    there = replace(STRONG, length=8, max_age=30, symbols=False)
    after = replace(STRONG, max_age=30)
    assert plan(POLICY, PasswordPolicy(there)) == (SetPasswordPolicy(there, after),)


def test_without_a_maximum_age_none_is_demanded_and_one_that_is_there_stays() -> None:
    none = incident(max_age="0")
    assert plan(POLICY, PasswordPolicy(replace(STRONG, max_age=0)), none) == ()
    assert plan(POLICY, PasswordPolicy(replace(STRONG, max_age=200)), none) == ()


def test_where_only_an_administrator_sets_an_expired_password_the_age_is_left_to_a_person() -> None:
    """Whoever has an older one could not sign in any more from one moment to the next."""
    hard = replace(STRONG, max_age=0, hard_expiry=True, length=8)
    (step,) = plan(POLICY, PasswordPolicy(hard))
    assert isinstance(step, SetPasswordPolicy)
    assert step.after == replace(hard, length=14)
    assert not step.side_effects()
    assert "not set to 90 days" in left(POLICY, PasswordPolicy(hard))
    assert "200 days" in left(POLICY, PasswordPolicy(replace(hard, max_age=200)))
    assert not left(POLICY, PasswordPolicy(replace(hard, max_age=60)))
    assert not left(POLICY, PasswordPolicy(hard), incident(max_age="0"))


# report-root-use


def test_of_root_use_a_person_is_told_whom_to_ask_and_what_to_do_if_nobody_says_so() -> None:
    report = load("report-root-use")
    words = report.review_items(ResourceState(ROOT), incident())
    assert words[0].startswith(f"ask the owner of the root credentials of account {ROOT.account}")
    assert "sts:AssumeRoot" in words[1]
    assert report.plan(ResourceState(ROOT), incident()) == ()
