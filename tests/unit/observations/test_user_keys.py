"""Whom a report means, what is read of access keys and passwords, and which users a review lists."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import NotFound
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.password_policy import PasswordPolicy, PasswordRules
from ringfence.observations.iam.password_use import PasswordUse
from ringfence.observations.iam.user_keys import DatedKey, UserKeys
from ringfence.observations.iam.users import WIDTH, by_name, users_with_active_keys
from tests.support.strategies.identity import ACCOUNT, BY_ID, KEY, OTHER, PERSON, ROOT, WHOLE
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringfence.model.observation import Observation

GONE = refusal("NoSuchEntity")
NEVER = {"UserName": "deploy", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
USED = {
    "UserName": "deploy",
    "AccessKeyLastUsed": {"LastUsedDate": NOON, "ServiceName": "s3", "Region": "eu-west-1"},
}


def users(**names: str) -> Mapping[str, object]:
    return {"Users": [{"UserName": name, "UserId": id_} for name, id_ in names.items()]}


def keys(*listed: tuple[str, str, datetime]) -> Mapping[str, object]:
    made = [{"AccessKeyId": id_, "Status": status, "CreateDate": at} for id_, status, at in listed]
    return {"AccessKeyMetadata": made}


BOTH = keys((KEY, "Active", NOON), (OTHER, "Inactive", NOON - timedelta(days=1)))


def test_keys_are_read_with_their_last_uses_in_two_rounds() -> None:
    asked, seen = talk(UserKeys.read(PERSON, ()), (BOTH,), (NEVER, USED))
    assert [[call.operation for call in calls] for calls in asked] == [
        ["ListAccessKeys"],
        ["GetAccessKeyLastUsed", "GetAccessKeyLastUsed"],
    ]
    assert seen == UserKeys(
        "deploy",
        (
            DatedKey(KEY, "Active", NOON),
            DatedKey(OTHER, "Inactive", NOON - timedelta(days=1), NOON, " for s3 in eu-west-1"),
        ),
    )


def test_a_key_that_was_never_used_counts_from_the_day_it_was_made() -> None:
    """IAM says so by a date that is not there and places that are N/A."""
    _, seen = talk(UserKeys.read(PERSON, ()), (keys((KEY, "Active", NOON)),), (NEVER,))
    assert seen.keys[0].idle_since == NOON
    assert seen.keys[0].last_use == "never used since it was created on 2026-03-01"


def test_the_last_use_is_said_with_its_service_and_region() -> None:
    _, seen = talk(UserKeys.read(PERSON, ()), (keys((KEY, "Active", NOON)),), (USED,))
    assert seen.keys[0].last_use == "last used on 2026-03-01 for s3 in eu-west-1"


def test_a_key_whose_use_is_not_told_is_not_taken_for_one_that_was_never_used() -> None:
    """It was deleted meanwhile, or the answer was wrong: what may be in use is not idle."""
    _, seen = talk(UserKeys.read(PERSON, ()), (keys((KEY, "Active", NOON)),), (GONE,))
    assert seen.keys == (DatedKey(KEY, "Active"),)
    assert seen.keys[0].idle_since is None


def test_a_user_without_keys_costs_one_call() -> None:
    asked, seen = talk(UserKeys.read(PERSON, ()), (keys(),))
    assert len(asked) == 1
    assert seen == UserKeys("deploy")


def test_a_user_who_is_gone_is_gone() -> None:
    with pytest.raises(NotFound):
        talk(UserKeys.read(PERSON, ()), (GONE,))
    with pytest.raises(NotFound):
        talk(PasswordUse.read(PERSON, ()), (GONE, GONE))


# Ids

FACETS = pytest.mark.parametrize("facet", [UserKeys, PasswordUse], ids=lambda one: one.__name__)


@FACETS
def test_the_id_that_config_names_is_resolved_by_the_list_of_users(facet: type[Observation]) -> None:
    talking = facet.read(BY_ID, ())
    (asked,) = next(talking)
    assert (asked.operation, asked.pages) == ("ListUsers", True)
    answers = users(eve="AIDAOTHERUSEREXAMPLE0", deploy=BY_ID.id)
    first = talk(facet.read(BY_ID, ()), (answers,), *rest(facet))[0][1][0]
    assert first.parameters["UserName"] == "deploy"


def rest(facet: type[Observation]) -> tuple[tuple[Mapping[str, object], ...], ...]:
    return ((keys(),),) if facet is UserKeys else (({"User": {}}, {"LoginProfile": {"CreateDate": NOON}}),)


@FACETS
def test_an_id_that_no_user_has_any_more_is_gone(facet: type[Observation]) -> None:
    with pytest.raises(NotFound, match=BY_ID.id):
        talk(facet.read(BY_ID, ()), (users(deploy="AIDAOTHERUSEREXAMPLE0"),))


def test_a_name_that_looks_like_an_id_is_taken_for_the_name_where_no_user_has_that_id() -> None:
    _, seen = talk(UserKeys.read(BY_ID, ()), (users(**{BY_ID.id: "AIDAOTHERUSEREXAMPLE0"}),), (keys(),))
    assert seen == UserKeys(BY_ID.id)


def test_the_id_of_one_that_is_the_name_of_another_is_neithers() -> None:
    """Whoever may create users chooses their names: a decoy must neither be hit nor take the hit."""
    both = users(deploy=BY_ID.id, **{BY_ID.id: "AIDAOTHERUSEREXAMPLE0"})
    _, seen = talk(UserKeys.read(BY_ID, ()), (both,))
    assert (seen.user, seen.keys) == ("", ())
    assert "a person must check" in seen.doubt
    assert talk(PasswordUse.read(BY_ID, ()), (both,))[1] == PasswordUse()


@pytest.mark.parametrize("name", ["AIDA", "aidaiosfodnn7example", "AIDA-deploy", "AIDAshort"])
def test_a_name_that_is_no_id_is_not_looked_for(name: str) -> None:
    (call,) = next(UserKeys.read(UserRef(ACCOUNT, GLOBAL, name), ()))
    assert (call.operation, call.parameters["UserName"]) == ("ListAccessKeys", name)


@pytest.mark.parametrize("facet", [UserKeys, PasswordUse, PasswordPolicy])
def test_of_what_it_is_not_for_a_facet_reads_nothing(facet: type[Observation]) -> None:
    others = (PERSON, ROOT) if facet is PasswordPolicy else (WHOLE, ROOT)
    for ref in others:
        with pytest.raises(StopIteration) as ended:
            next(facet.read(ref, ()))
        assert ended.value.value == facet()


# Passwords


def test_a_password_is_read_with_its_last_use() -> None:
    user, profile = {"User": {"PasswordLastUsed": NOON}}, {"LoginProfile": {"CreateDate": NOON}}
    assert talk(PasswordUse.read(PERSON, ()), (user, profile))[1] == PasswordUse("deploy", NOON, NOON)
    assert talk(PasswordUse.read(PERSON, ()), ({"User": {}}, profile))[1] == PasswordUse("deploy", NOON)


def test_a_user_without_a_password_is_the_normal_case() -> None:
    """A password that was deleted leaves the date of its last use behind."""
    user = {"User": {"PasswordLastUsed": NOON}}
    assert talk(PasswordUse.read(PERSON, ()), (user, GONE))[1] == PasswordUse("deploy")


def test_an_account_without_a_policy_has_none() -> None:
    assert talk(PasswordPolicy.read(WHOLE, ()), (GONE,))[1] == PasswordPolicy()


def test_what_a_policy_does_not_say_it_does_not_demand() -> None:
    _, seen = talk(PasswordPolicy.read(WHOLE, ()), ({"PasswordPolicy": {"MinimumPasswordLength": 6}},))
    assert seen.rules == PasswordRules(6)


def test_a_policy_is_read_whole() -> None:
    said = PasswordRules(
        12, symbols=True, uppercase=True, max_age=90, reuse=5, may_change=True, hard_expiry=True
    )
    answer = {"PasswordPolicy": {**said.parameters(), "ExpirePasswords": True}}
    assert talk(PasswordPolicy.read(WHOLE, ()), (answer,))[1].rules == said


# The review


def test_a_review_lists_users_with_an_active_key_the_oldest_key_first() -> None:
    named = users(a="1", b="2", c="3", d="4")
    day = timedelta(days=1)
    answers = (
        keys((KEY, "Active", NOON)),
        keys((KEY, "Inactive", NOON - 9 * day)),
        keys((KEY, "Active", NOON), (OTHER, "Active", NOON - day)),
        GONE,
    )
    asked, found = talk(users_with_active_keys(ACCOUNT, GLOBAL), (named,), answers)
    assert [call.parameters["UserName"] for call in asked[1]] == ["a", "b", "c", "d"]
    assert found.refs == (UserRef(ACCOUNT, GLOBAL, "c"), UserRef(ACCOUNT, GLOBAL, "a"))


def test_a_review_asks_for_the_keys_of_many_users_side_by_side_and_not_of_all_at_once() -> None:
    many = users(**{f"u{number}": str(number) for number in range(WIDTH + 1)})
    asked, found = talk(users_with_active_keys(ACCOUNT, GLOBAL), (many,), (keys(),) * WIDTH, (keys(),))
    assert [len(calls) for calls in asked] == [1, WIDTH, 1]
    assert found.refs == ()


def test_an_account_without_users_has_nothing_to_review() -> None:
    asked, found = talk(users_with_active_keys(ACCOUNT, GLOBAL), (users(),))
    assert (len(asked), found.refs) == (1, ())


# Names, before anything is decided


def test_an_id_is_named_and_everything_else_stays_as_it_is() -> None:
    assert talk(by_name(BY_ID), (users(deploy=BY_ID.id),))[1] == PERSON
    assert talk(by_name(BY_ID), (users(),))[1] == BY_ID
    assert talk(by_name(BY_ID), (users(deploy=BY_ID.id, **{BY_ID.id: "AIDAOTHER"}),))[1] == BY_ID
    for ref in (PERSON, WHOLE, ROOT):
        with pytest.raises(StopIteration) as ended:
            next(by_name(ref))
        assert ended.value.value == ref
