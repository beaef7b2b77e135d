"""What each step of `harden-identity` does with every answer it can get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import NotFound, Refused
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.iam.password_policy import PasswordPolicy, PasswordRules
from ringfence.observations.iam.user_keys import DatedKey, UserKeys
from ringfence.steps.iam.password_policy import RestorePasswordPolicy, SetPasswordPolicy
from ringfence.steps.iam.unused_keys import ActivateUnusedKey, DeactivateUnusedKey, GiveNotice
from tests.support.strategies.identity import KEY, PERSON
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step

OFF = DeactivateUnusedKey("deploy", KEY, "Active", "Inactive")
NOTICE = GiveNotice("deploy", KEY, NOON)
WEAK, STRONG = PasswordRules(8, reuse=3), PasswordRules(14, symbols=True, max_age=90, reuse=24)
SET, NEW = SetPasswordPolicy(WEAK, STRONG), SetPasswordPolicy(None, STRONG)


def seen(facet: Observation) -> ResourceState:
    return ResourceState(PERSON, {type(facet): facet})


@pytest.mark.parametrize("step", [OFF, OFF.inverse(), SET, SET.inverse(), NEW.inverse()])
def test_every_error_that_is_foreseen_ends_it_and_every_other_is_tried_again(step: Step) -> None:
    call = next(step.apply({}))[0]
    assert not {"ConcurrentModification", "EntityTemporarilyUnmodifiable", "Throttling"} & {*call.expected}
    for code in call.expected:
        if call.operation.startswith("Delete"):
            assert "no longer existed" in talk(step.apply({}), (refusal(code),))[1].note
        else:
            with pytest.raises(NotFound if code == "NoSuchEntity" else Refused, match=code):
                talk(step.apply({}), (refusal(code),))


def test_a_key_is_set_by_its_users_name_and_its_undo_activates_it() -> None:
    back = OFF.inverse()
    assert isinstance(back, ActivateUnusedKey)
    for step, status in ((OFF, "Inactive"), (back, "Active")):
        ((call,),), _ = talk(step.apply({}), ({},))
        assert call.operation == "UpdateAccessKey"
        assert call.parameters == {"UserName": "deploy", "AccessKeyId": KEY, "Status": status}


def test_a_notice_calls_nobody_and_is_seen_as_given() -> None:
    with pytest.raises(StopIteration):
        next(NOTICE.apply({}))
    assert NOTICE.state(seen(UserKeys())) is State.AFTER
    assert NOTICE.diff() == ("none", "given on 2026-03-01")
    assert NOTICE.irreversible


def test_a_policy_is_replaced_whole_and_put_back_whole() -> None:
    """What an update leaves out falls back to its default: that is how 0 days and 0 passwords are said."""
    ((there,),), _ = talk(SET.apply({}), ({},))
    ((back,),), _ = talk(SET.inverse().apply({}), ({},))
    assert there.parameters == {
        "MinimumPasswordLength": 14,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "HardExpiry": False,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 24,
    }
    assert {"MaxPasswordAge"} == {*there.parameters} - {*back.parameters}
    assert back.parameters["PasswordReusePrevention"] == 3


def test_where_there_was_no_policy_its_undo_deletes_it() -> None:
    ((call,),), _ = talk(NEW.inverse().apply({}), ({},))
    assert (call.operation, call.parameters) == ("DeleteAccountPasswordPolicy", {})
    assert NEW.diff()[0] == NEW.inverse().diff()[1] == "IAM's default"
    assert "IAM's default" in NEW.inverse().describe()


def test_whoever_has_an_older_password_is_told_of_a_new_maximum_age_alone() -> None:
    assert "older than 90 days" in SET.side_effects()
    assert "older than 90 days" in NEW.side_effects()
    assert not SetPasswordPolicy(PasswordRules(8, max_age=90), STRONG).side_effects()


@pytest.mark.parametrize(
    ("step", "facet", "state"),
    [
        (OFF, UserKeys("deploy", (DatedKey(KEY, "Active"),)), State.BEFORE),
        (OFF, UserKeys("deploy", (DatedKey(KEY, "Inactive"),)), State.AFTER),
        (OFF, UserKeys("deploy", (DatedKey(KEY, "Expired"),)), State.DRIFTED),
        (OFF, UserKeys("deploy"), State.GONE),
        (SET, PasswordPolicy(WEAK), State.BEFORE),
        (SET, PasswordPolicy(STRONG), State.AFTER),
        (SET, PasswordPolicy(), State.DRIFTED),
        (NEW, PasswordPolicy(), State.BEFORE),
        (RestorePasswordPolicy(STRONG, None), PasswordPolicy(), State.AFTER),
        (RestorePasswordPolicy(STRONG, None), PasswordPolicy(PasswordRules(20)), State.DRIFTED),
    ],
)
def test_where_the_world_stands(step: Step, facet: Observation, state: State) -> None:
    assert step.state(seen(facet)) is state
    if state is State.DRIFTED:
        assert step.actual(seen(facet)) not in step.diff()
