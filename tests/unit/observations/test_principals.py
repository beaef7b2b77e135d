"""Whose credentials a principal's are, what is denied to it, and what else it has."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.handlers import managed_policies
from ringfence.model.codec import instant_text
from ringfence.model.errors import BadInput, NotFound
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.observations.iam.denial import Denial, Policy
from ringfence.observations.iam.denial_names import LONGEST, NAME, inline_name, own_arn, subject_of
from ringfence.observations.iam.evidence import Device, Grants, KeyUse
from ringfence.observations.iam.identity import Role
from ringfence.observations.iam.other_credentials import Credential, OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.principals import ROLE
from ringfence.observations.iam.reach import DENY_ALL, Reach, reach_of
from ringfence.observations.iam.revocations import Revocation, revocation, revocation_name
from ringfence.observations.iam.used_roles import UsedRoles
from ringfence.observations.logging.trail import PAGES, Trace, Trail
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.access_keys import DeactivateAccessKey
from ringfence.steps.iam.denial import PutDenial
from ringfence.steps.iam.denial_policies import CreateDenialPolicy
from ringfence.steps.iam.used_roles import RevokeUsedRole
from tests.support.strategies.credentials import (
    ACCOUNT,
    DEPLOY,
    KEY,
    NAMED,
    OTHER_KEY,
    PERSON,
    ROOT,
    SESSION,
    WEB,
    WHOLE,
)
from tests.support.talks import answered, refusal, talk
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.call import Call
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

NOTHING = refusal("NoSuchEntity")
OTHER = "AKIAI44QH8DHBEXAMPLE"
USERS = {"Users": [{"UserName": "backup", "UserId": DEPLOY.id}, {"UserName": "x", "UserId": "AIDAX"}]}
UNHINTED = AccessKeyRef(KEY.account, KEY.region, KEY.id)


def listed(*keys: str) -> dict[str, Any]:
    return {"AccessKeyMetadata": [{"AccessKeyId": key, "Status": "Active"} for key in keys]}


def owned(user: str = "deploy", region: str = "eu-west-1") -> dict[str, Any]:
    return {
        "UserName": user,
        "AccessKeyLastUsed": {"LastUsedDate": NOON, "ServiceName": "s3", "Region": region},
    }


def user(boundary: str = "") -> dict[str, Any]:
    bound = {"PermissionsBoundary": {"PermissionsBoundaryArn": boundary}} if boundary else {}
    return {"User": {"UserName": "deploy", "UserId": DEPLOY.id, "Path": "/team/", **bound}}


def role(id_: str = WEB.id, **more: object) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:role/web"
    return {"Role": {"RoleName": "web", "RoleId": id_, "Path": "/", "Arn": arn, **more}}


@pytest.mark.parametrize("facet", CONTAIN_CREDENTIALS.observations, ids=lambda one: one.__name__)
def test_of_the_root_user_nothing_is_read(facet: type[Observation]) -> None:
    with pytest.raises(StopIteration) as ended:
        next(facet.read(ROOT, ()))
    assert ended.value.value == facet()


# AccessKey


def test_with_the_user_known_a_key_costs_one_call() -> None:
    asked, seen = talk(AccessKey.read(KEY, ()), (listed(KEY.id, OTHER),))
    assert [call.operation for calls in asked for call in calls] == ["ListAccessKeys"]
    assert seen == AccessKey("deploy", (Key(KEY.id, "Active"), Key(OTHER, "Active")))


def test_without_it_the_owner_is_asked_for_first() -> None:
    asked, seen = talk(AccessKey.read(UNHINTED, ()), (owned(),), (listed(KEY.id),))
    assert asked[0][0].parameters == {"AccessKeyId": KEY.id}
    assert seen.user == "deploy"


@pytest.mark.parametrize("answer", [listed(OTHER), NOTHING], ids=["another's", "nobody's"])
def test_a_wrong_hint_is_found_out(answer: Any) -> None:  # noqa: ANN401 - an answer
    _, seen = talk(AccessKey.read(KEY, ()), (answer,), (owned("renamed"),), (listed(KEY.id),))
    assert seen.user == "renamed"


def test_a_key_that_does_not_exist_is_gone() -> None:
    with pytest.raises(NotFound):
        talk(AccessKey.read(UNHINTED, ()), (NOTHING,))
    with pytest.raises(NotFound, match="nor its user deploy"):
        talk(AccessKey.read(UNHINTED, ()), (owned(),), (NOTHING,))
    with pytest.raises(NotFound, match=f"{KEY.id} does not exist, and its user deploy"):
        talk(AccessKey.read(KEY, ()), (NOTHING,), (NOTHING,), (NOTHING,))


def test_of_a_key_that_was_deleted_the_other_keys_of_its_user_are_read() -> None:
    """Its sessions outlive it, so the user is still to be contained."""
    others = AccessKey("deploy", (Key(OTHER, "Active"),))
    assert talk(AccessKey.read(KEY, ()), (listed(OTHER),), (NOTHING,), (listed(OTHER),))[1] == others
    assert talk(AccessKey.read(UNHINTED, ()), (owned(),), (listed(OTHER),))[1] == others


def test_the_user_of_a_deleted_key_is_found_by_its_id_whatever_it_is_called_now() -> None:
    """The name may be somebody else's by now, who is then left alone."""
    key = replace(KEY, user_id=DEPLOY.id)
    for other in (NOTHING, {"User": {**user()["User"], "UserId": "AIDAI44QH8DHBEXAMPLE"}}):
        answers: tuple[Any, ...] = ((NOTHING,), (NOTHING,), (NOTHING, other), (USERS,), (listed(OTHER),))
        asked, seen = talk(AccessKey.read(key, ()), *answers)
        assert asked[-1][0].parameters == {"UserName": "backup"}
        assert seen == AccessKey("backup", (Key(OTHER, "Active"),))


@pytest.mark.parametrize("past", [(), (PutDenial(DEPLOY, NAME, "", "{}"),)], ids=["reported", "recorded"])
@pytest.mark.parametrize("deleted", [False, True], ids=["a user", "a deleted key"])
@pytest.mark.parametrize("facet", [AccessKey, Denial, Password, OtherCredentials, Grants, Trail])
def test_a_user_that_was_renamed_is_read_under_its_new_name(
    facet: type[Observation], past: tuple[Step, ...], *, deleted: bool
) -> None:
    """By the id in the report, or in a recorded step. Nothing under the old name is taken for the user's."""
    person = replace(PERSON, unique_id="" if past else DEPLOY.id)
    key = replace(KEY, user_id="" if past else DEPLOY.id)
    asked, _ = answered(facet.read(key if deleted else person, past), named_user)
    last = [call.parameters for call in asked[-1]]
    fields = ("UserName", "LookupAttributes")
    names = {str(one[field]) for one in last for field in fields if field in one}
    if facet is Trail and deleted:
        assert all(KEY.id in one for one in names)
    else:
        assert any("backup" in one for one in names)
        assert facet is Trail or not any("deploy" in one for one in names)


def named_user(call: Call) -> Any:  # noqa: ANN401 - an answer
    """Answer as IAM does after the user `deploy` was renamed to `backup`, and its key deleted."""
    if call.operation == "ListUsers":
        return USERS
    if call.operation == "LookupEvents":
        return {"Events": []}
    if call.parameters.get("UserName") != "backup":
        return NOTHING
    return {"User": {**user()["User"], "UserName": "backup"}, "LoginProfile": {}}


def test_a_key_of_no_user_is_not_taken_for_gone() -> None:
    """It may be the root user's: that is for a person, and nothing to be closed."""
    assert talk(AccessKey.read(UNHINTED, ()), ({},))[1] == AccessKey()
    assert talk(AccessKey.read(UNHINTED, ()), (owned("<root_account>"),))[1] == AccessKey()
    assert talk(AccessKey.read(UNHINTED, ()), (owned("root"),), (NOTHING,))[1] == AccessKey()


def test_other_keys_that_were_deactivated_are_seen_though_the_subject_is_gone() -> None:
    past = tuple(DeactivateAccessKey("deploy", key, "Active", "Inactive") for key in (KEY.id, OTHER))
    _, seen = talk(AccessKey.read(UNHINTED, past), (NOTHING,), (listed(OTHER),))
    assert seen == AccessKey("deploy", (Key(OTHER, "Active"),))
    _, seen = talk(AccessKey.read(UNHINTED, past[:1]), (NOTHING,), (listed(OTHER),))
    assert seen == AccessKey("deploy", (Key(OTHER, "Active"),))


def test_of_a_user_the_keys_are_listed_with_when_they_were_made() -> None:
    made = {"AccessKeyMetadata": [{"AccessKeyId": KEY.id, "Status": "Active", "CreateDate": NOON}]}
    asked, seen = talk(AccessKey.read(PERSON, ()), (made,))
    assert [call.parameters for calls in asked for call in calls] == [{"UserName": "deploy"}]
    assert seen == AccessKey("deploy", (Key(KEY.id, "Active", NOON),))
    assert talk(AccessKey.read(PERSON, ()), (NOTHING,))[1] == AccessKey("deploy")


# Denial


def test_of_a_user_everything_is_read_in_one_round_trip() -> None:
    asked, seen = talk(Denial.read(PERSON, ()), (user(), {"AttachedPolicies": []}, {}, NOTHING))
    assert len(asked) == 1
    assert seen == Denial(DEPLOY)


def test_a_session_of_a_role_that_the_report_names_too() -> None:
    reach = Reach(userid=SESSION.id)
    found = {"PolicyDocument": json.loads(reach.document())}
    asked, seen = talk(Denial.read(SESSION, ()), (role(), {"AttachedPolicies": []}, {}, NOTHING, found))
    names = [inline_name(SESSION, one) for one in (Reach(), reach)]
    assert [call.parameters.get("PolicyName") for call in asked[0]] == [None, None, None, *names]
    assert seen == Denial(WEB, (Policy(inline_name(SESSION, reach), reach.document()),))
    assert seen.covers(reach)


def test_the_denials_of_other_subjects_are_read_beside_and_are_not_the_subjects_own() -> None:
    """A name tells the subject. Those of instances are left out, and no more than some are read."""
    everything = Reach().document()
    theirs = [inline_name(one, Reach()) for one in (PERSON, AccessKeyRef(KEY.account, GLOBAL, OTHER_KEY))]
    listed = {"PolicyNames": ["app", *theirs, f"{NAME}-i-0123456789abcdef0"]}
    found = {"PolicyDocument": json.loads(everything)}
    read = Denial.read(KEY, ())
    asked, seen = talk(read, (owned("deploy"),), (user(), {}, listed, NOTHING), (found, NOTHING))
    assert [call.parameters["PolicyName"] for call in asked[2]] == theirs
    assert seen.inline == (Policy(NAME, everything),)
    assert seen.covers(Reach())
    assert not seen.covers(Reach(), seen.own(KEY, ()))
    assert subject_of(NAME, DEPLOY, KEY.account) == PERSON
    assert subject_of(inline_name(KEY, Reach()), DEPLOY, KEY.account) == KEY
    for reach in (Reach(), Reach(userid=NAMED.id)):
        assert subject_of(inline_name(NAMED, reach), WEB, KEY.account) == NAMED
    assert subject_of(f"{NAME}-of-somebody", DEPLOY, KEY.account) is None


@pytest.mark.parametrize("ref", [KEY, PERSON, SESSION, NAMED], ids=lambda ref: ref.kind)
def test_a_denial_beside_another_one_is_of_the_same_subject(ref: Ref) -> None:
    holder = WEB if isinstance(ref, RoleSessionRef) else DEPLOY
    usual, beside = (inline_name(ref, Reach(), beside=one) for one in ("", Reach().document()))
    assert usual != beside
    assert len(beside) <= LONGEST
    assert beside.startswith(NAME)
    assert subject_of(beside, holder, ref.account) == subject_of(usual, holder, ref.account)


def test_an_older_denial_is_found_by_the_step_that_recorded_its_name() -> None:
    text = Reach(before=WHOLE).document()
    past = (PutDenial(DEPLOY, NAME, "", text),)
    found = {"PolicyDocument": json.loads(text)}
    _, seen = talk(Denial.read(KEY, past), (owned("deploy"),), (user(), {}, {}, NOTHING, found))
    assert seen.covers(Reach(before=WHOLE), seen.own(KEY, past))
    assert not seen.covers(Reach(before=WHOLE), seen.own(KEY, ()))


def test_a_role_that_is_another_than_the_report_says_is_looked_for_by_its_id() -> None:
    wrong: tuple[Any, ...] = (role("AROAOTHER"), {}, {}, NOTHING, NOTHING)
    roles = {"Roles": [{"RoleName": "web2", "RoleId": WEB.id}]}
    asked, seen = talk(Denial.read(SESSION, ()), wrong, (roles,), (role(), {}, {}, NOTHING, NOTHING))
    assert asked[2][0].parameters == {"RoleName": "web2"}
    assert seen.holder == WEB


def test_a_role_that_nobody_has_is_gone_and_so_is_a_user() -> None:
    bare = RoleSessionRef(SESSION.account, SESSION.region, SESSION.id)
    with pytest.raises(NotFound, match="none of its sessions is valid"):
        talk(Denial.read(bare, ()), ({"Roles": []},))
    with pytest.raises(NotFound):
        talk(Denial.read(PERSON, ()), (NOTHING, NOTHING, NOTHING, NOTHING))


def test_what_was_done_to_a_user_is_seen_though_the_key_is_gone() -> None:
    past = (DeactivateAccessKey("deploy", KEY.id, "Active", "Inactive"),)
    _, denial = talk(Denial.read(KEY, past), (NOTHING,), (user(), {}, {}, NOTHING))
    assert denial.holder == DEPLOY
    _, password = talk(Password.read(KEY, past), (NOTHING,), ({"LoginProfile": {}},))
    assert password.user == "deploy"
    asked, _ = talk(OtherCredentials.read(KEY, past), (NOTHING,), ({}, {}, {}))
    assert {call.parameters["UserName"] for call in asked[1]} == {"deploy"}
    for facet in (Denial, Password, OtherCredentials):
        with pytest.raises(NotFound):
            talk(facet.read(UNHINTED, ()), (NOTHING,))


def test_a_role_that_was_revoked_is_seen_though_the_key_is_gone() -> None:
    past = (RevokeUsedRole(Role("web", WEB.id), NOON, (), before=False, after=True),)
    _, seen = talk(UsedRoles.read(KEY, past), (NOTHING,), ({"Events": []},), (role(),), ({}, {}))
    assert [one.use.role.name for one in seen.roles] == ["web"]


def test_the_user_of_a_key_is_whom_iam_names_whatever_the_report_says() -> None:
    asked, _ = talk(Denial.read(KEY, ()), (owned("renamed"),), (user(), {}, {}, NOTHING))
    assert asked[1][0].parameters == {"UserName": "renamed"}


@pytest.mark.parametrize("policy", [one.name for one in managed_policies.CALLERS])
@pytest.mark.parametrize("account", [PERSON.account, "999900001111"])
def test_whoever_may_call_the_api_is_likely_needed(policy: str, account: str) -> None:
    arn = f"arn:aws:iam::{account}:policy/{policy}"
    attached = {"AttachedPolicies": [{"PolicyArn": arn}]}
    _, seen = talk(Denial.read(PERSON, ()), (user(), attached, {}, NOTHING))
    assert seen.operator is (account == PERSON.account)


def test_our_managed_policies_are_read_as_they_are_in_force() -> None:
    text = Reach(before=WHOLE).document()
    arn = own_arn(PERSON, DEPLOY, text)
    attached = {"AttachedPolicies": [{"PolicyArn": arn}, {"PolicyArn": "arn:aws:iam::aws:policy/Billing"}]}
    version = {"PolicyVersion": {"Document": json.loads(text)}}
    asked, seen = talk(
        Denial.read(PERSON, ()),
        (user(), attached, {}, NOTHING),
        ({"Policy": {"DefaultVersionId": "v3"}},),
        (version,),
    )
    assert asked[2][0].parameters == {"PolicyArn": arn, "VersionId": "v3"}
    assert seen.attached == {arn}
    assert seen.covers(Reach(before=WHOLE - timedelta(hours=1)))
    tampered = {"PolicyVersion": {"Document": {"Version": "2012-10-17", "Statement": []}}}
    _, seen = talk(
        Denial.read(PERSON, ()),
        (user(), attached, {}, NOTHING),
        ({"Policy": {"DefaultVersionId": "v4"}},),
        (tampered,),
    )
    assert not seen.reaches()


def test_a_policy_that_an_earlier_try_made_is_remembered_and_may_be_gone() -> None:
    text = Reach(before=WHOLE).document()
    past = (CreateDenialPolicy(own_arn(PERSON, DEPLOY, text), "", text),)
    asked, seen = talk(Denial.read(PERSON, past), (user(), {}, {}, NOTHING), (NOTHING,))
    assert asked[1][0].operation == "GetPolicy"
    assert seen.policies == ()


def test_a_boundary_denies_where_it_denies_all() -> None:
    _, seen = talk(Denial.read(PERSON, ()), (user(DENY_ALL), {}, {}, NOTHING))
    assert seen.covers(Reach())
    _, seen = talk(Denial.read(PERSON, ()), (user("arn:aws:iam::aws:policy/Billing"), {}, {}, NOTHING))
    assert (seen.boundary, seen.reaches()) == ("arn:aws:iam::aws:policy/Billing", frozenset())


# Reach


def test_a_denial_reaches_what_is_narrower_and_nothing_wider() -> None:
    everything, now, before = Reach(), Reach(before=WHOLE), Reach(before=WHOLE - timedelta(days=1))
    one, other = Reach(userid=SESSION.id), Reach(userid="AROAX:y")
    so_far = Reach(WHOLE, SESSION.id)
    assert all(everything.covers(reach) for reach in (everything, now, one, so_far))
    assert now.covers(before)
    assert now.covers(now)
    assert now.covers(so_far)
    assert one.covers(so_far)
    assert so_far.covers(Reach(WHOLE - timedelta(days=1), SESSION.id))
    assert not any(
        wide.covers(narrow)
        for wide, narrow in (
            *((before, now), (now, everything), (now, one), (one, other), (one, now)),
            *((so_far, one), (so_far, now), (before, so_far)),
        )
    )


@pytest.mark.parametrize("boundary", [False, True])
@pytest.mark.parametrize(
    "reach", [Reach(), Reach(before=WHOLE), Reach(userid=SESSION.id), Reach(WHOLE, SESSION.id)]
)
def test_a_denial_is_known_by_its_document_word_for_word(reach: Reach, boundary: bool) -> None:  # noqa: FBT001 - a parameter
    text = reach.document(boundary=boundary)
    assert reach_of(text, boundary=boundary) == reach
    assert reach_of(text, boundary=not boundary) is None
    assert reach_of(text.replace("Deny", "Allow", 1), boundary=boundary) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "no JSON", '{"Statement":[]}', '{"Statement":["x"]}'])
def test_what_is_no_denial_of_ours_reaches_nobody(text: str) -> None:
    assert reach_of(text) is None


def test_the_instant_is_in_whole_seconds_of_utc() -> None:
    assert '{"DateLessThan":{"aws:TokenIssueTime":"2026-03-01T12:00:00Z"}}' in Reach(before=NOON).document()


@pytest.mark.parametrize("session", ["x" * 64, "i-0123456789abcdef0", "a@b.example"])
def test_a_policys_name_is_one_that_iam_takes_and_another_for_each_session(session: str) -> None:
    one, other = (
        RoleSessionRef(SESSION.account, GLOBAL, f"{WEB.id}:{text}") for text in (session, session.upper())
    )
    for reach in (Reach(), Reach(userid=one.id)):
        name = inline_name(one, reach)
        assert len(name) <= 128
        assert name.isascii()
        assert name != inline_name(other, reach)


def test_a_session_whose_name_no_policy_can_have_is_no_subject() -> None:
    with pytest.raises(BadInput):
        RoleSessionRef(SESSION.account, GLOBAL, f"{WEB.id}:{'ä' * 64}")


# Password, other credentials, evidence


def test_no_login_profile_is_the_normal_case() -> None:
    assert talk(Password.read(PERSON, ()), (NOTHING,))[1] == Password()
    profile = {"LoginProfile": {"UserName": "deploy", "PasswordResetRequired": True}}
    assert talk(Password.read(KEY, ()), (owned(),), (profile,))[1] == Password("deploy", reset=True)


def test_other_credentials_are_listed_side_by_side() -> None:
    asked, seen = talk(
        OtherCredentials.read(PERSON, ()),
        (
            {"ServiceSpecificCredentials": [{"ServiceSpecificCredentialId": "ACCA1", "Status": "Active"}]},
            {"Certificates": [{"CertificateId": "C1", "Status": "Inactive"}]},
            {"SSHPublicKeys": [{"SSHPublicKeyId": "APKA1", "Status": "Active"}]},
        ),
    )
    assert len(asked) == 1
    assert seen.credentials == (
        Credential("service-specific credential", "ACCA1", "Active"),
        Credential("signing certificate", "C1", "Inactive"),
        Credential("SSH public key", "APKA1", "Active"),
    )


def test_a_keys_last_use_is_said_or_that_there_was_none() -> None:
    _, used = talk(KeyUse.read(KEY, ()), (owned(),))
    assert used.words == f"last used at {instant_text(NOON)}, for s3 in eu-west-1"
    never = {"UserName": "deploy", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
    _, unused = talk(KeyUse.read(KEY, ()), (never,))
    assert unused.words == "never used, as far as IAM knows"


def test_policies_groups_boundary_and_devices_are_named() -> None:
    _, seen = talk(
        Grants.read(PERSON, ()),
        (
            user(DENY_ALL),
            {"PolicyNames": ["own"]},
            {"AttachedPolicies": [{"PolicyArn": "arn:p"}]},
            {"Groups": [{"GroupName": "ops"}]},
            {"MFADevices": [{"SerialNumber": "arn:mfa", "EnableDate": NOON}]},
        ),
    )
    assert seen == Grants("user deploy", ("own",), ("arn:p",), ("ops",), DENY_ALL, (Device("arn:mfa", NOON),))
    assert talk(Grants.read(PERSON, ()), (NOTHING,) * 5)[1] == Grants("user deploy")
    asked, _ = talk(Grants.read(SESSION, ()), (role(),), (role(), {}, {}))
    assert len(asked[1]) == 3, f"a {ROLE} has neither groups nor devices"


# Trail


def event(name: str, body: object, at: Any = NOON) -> dict[str, Any]:  # noqa: ANN401 - also what it may not be
    return {"EventName": name, "EventTime": at, "CloudTrailEvent": json.dumps(body)}


def test_what_was_left_behind_is_told_from_what_was_only_tried() -> None:
    page = {
        "Events": [
            event("CreateAccessKey", {"responseElements": {"accessKey": {"accessKeyId": OTHER}}}),
            event("CreateUser", {"errorCode": "AccessDenied", "requestParameters": {"userName": "x"}}),
            event("DescribeInstances", {}),
            event("AssumeRole", {"requestParameters": {"roleArn": "arn:r\n"}}),
            event("CreateRole", []),
            event("CreateUser", {"requestParameters": None}, "no instant"),
        ]
    }
    _, seen = talk(Trail.read(PERSON, ()), (page,))
    assert seen.traces == (
        Trace("access key", OTHER, NOON),
        Trace("session", "arn:r\\n", NOON),
        Trace("role", "of unknown name", NOON),
    )
    assert (seen.regions, seen.oldest) == (("us-east-1",), None)


def test_a_key_is_looked_up_where_iams_events_are_and_where_it_was_last_used() -> None:
    asked, seen = talk(Trail.read(KEY, ()), (owned(),), ({}, {}))
    assert [call.region for call in asked[1]] == ["us-east-1", "eu-west-1"]
    assert asked[1][0].parameters["LookupAttributes"] == [
        {"AttributeKey": "AccessKeyId", "AttributeValue": KEY.id}
    ]
    assert seen.regions == ("us-east-1", "eu-west-1")
    assert talk(Trail.read(KEY, ()), (owned(region="N/A"),), ({},))[1].regions == ("us-east-1",)


def test_a_session_is_looked_up_by_its_name() -> None:
    used = role(RoleLastUsed={"Region": "us-east-1"})
    asked, _ = talk(Trail.read(SESSION, ()), (used,), (used,), ({},))
    (call,) = asked[2]
    assert call.parameters["LookupAttributes"] == [
        {"AttributeKey": "Username", "AttributeValue": "i-0123456789abcdef0"}
    ]


def test_pages_are_bounded_and_how_far_back_was_read_is_said() -> None:
    more = {"Events": [event("DescribeInstances", {})], "NextToken": "more"}
    asked, seen = talk(Trail.read(PERSON, ()), *[(more,)] * PAGES)
    assert len(asked) == PAGES
    assert asked[-1][0].parameters["NextToken"] == "more"
    assert seen.oldest == NOON


# UsedRoles


def test_a_sessions_role_is_read_with_who_else_uses_it_where_it_is_used() -> None:
    trust = {"Statement": [{"Principal": {"Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]}}]}
    known = role(AssumeRolePolicyDocument=trust, RoleLastUsed={"Region": "eu-west-1"})
    arn = known["Role"]["Arn"]
    functions = {
        "Functions": [{"FunctionName": "resize", "Role": arn}, {"FunctionName": "x", "Role": "arn:o"}]
    }
    asked, seen = talk(
        UsedRoles.read(SESSION, ()),
        (known,),
        (known,),
        ({"PolicyNames": []}, {"InstanceProfiles": []}),
        ({}, functions, {"families": ["web"]}, refusal("AccessDeniedException")),
        ({"taskDefinition": {"family": "web", "taskRoleArn": arn}},),
    )
    assert [call.region for call in asked[3]] == ["us-east-1", "eu-west-1"] * 2
    (used,) = seen.roles
    assert used.use.others == ("function resize", "tasks of web")
    assert used.assumed_at is None


def test_roles_that_a_user_assumed_are_read_here_and_named_elsewhere() -> None:
    events = [
        event("AssumeRole", {"requestParameters": {"roleArn": f"arn:aws:iam::{account}:role/path/web"}})
        for account in (ACCOUNT, "444455556666")
    ]
    _, seen = talk(
        UsedRoles.read(PERSON, ()),
        ({"Events": events},),
        (role(),),
        ({"PolicyNames": []}, {"InstanceProfiles": []}),
    )
    assert [(one.use.role.name, one.assumed_at) for one in seen.roles] == [("web", NOON)]
    assert seen.elsewhere == ("arn:aws:iam::444455556666:role/path/web",)
    assert talk(UsedRoles.read(PERSON, ()), ({},))[1] == UsedRoles()


def test_a_role_that_was_revoked_is_remembered_when_cloudtrail_tells_of_it_no_more() -> None:
    past = (RevokeUsedRole(Role("web", WEB.id), NOON, (), before=False, after=True),)
    name, policy = revocation_name(NOON), {"PolicyDocument": revocation(NOON)}
    _, seen = talk(
        UsedRoles.read(PERSON, past),
        ({},),
        (role(),),
        ({"PolicyNames": [name, "other"]}, {"InstanceProfiles": []}),
        (policy,),
    )
    assert [(one.use.role.name, one.use.revoked) for one in seen.roles] == [
        ("web", frozenset({Revocation(NOON)}))
    ]


def test_instances_that_use_a_role_are_found_by_their_profiles() -> None:
    known = role(AssumeRolePolicyDocument={"Statement": [{"Principal": {"Service": "ec2.amazonaws.com"}}]})
    association = {"InstanceId": "i-1", "IamInstanceProfile": {"Arn": "arn:profile"}}
    _, seen = talk(
        UsedRoles.read(SESSION, ()),
        (known,),
        (known,),
        ({"PolicyNames": []}, {"InstanceProfiles": [{"Arn": "arn:profile"}]}),
        ({"IamInstanceProfileAssociations": [association]},),
    )
    assert seen.roles[0].use.others == ("i-1",)
