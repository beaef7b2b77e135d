"""Which roles an instance has or had, and what is denied to it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from ringfence.observations.iam.identity import Association, HeldRole, Identity, Profile, Role
from ringfence.observations.iam.instance_denials import InstanceDenial, denial
from ringfence.observations.iam.revocations import (
    Revocation,
    holder_of,
    revocation,
    revocation_name,
    revocation_named,
    whole_second,
)
from ringfence.observations.iam.role_sessions import RoleSessions, RoleUse
from ringfence.steps.ec2.instance_profile import detach
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON, REF

ARN = f"arn:aws:iam::{REF.account}:instance-profile/team/web/web-profile"
ROLE = Role("web", "AROAWEB", "/team/")
NOTHING = refusal("NoSuchEntity")
DETACHED = detach(REF.id, Association("iip-assoc-1", Profile(ARN, ROLE), "associated"))


def associated(state: str = "associated", instance: str = REF.id, arn: str = ARN) -> dict[str, Any]:
    return {
        "AssociationId": f"iip-assoc-of-{instance}",
        "InstanceId": instance,
        "IamInstanceProfile": {"Arn": arn, "Id": "AIPA1"},
        "State": state,
    }


def associations(*found: dict[str, Any]) -> dict[str, Any]:
    return {"IamInstanceProfileAssociations": list(found)}


def role(role: Role = ROLE) -> dict[str, Any]:
    return {"RoleName": role.name, "RoleId": role.id, "Path": role.path}


def profile(*roles: dict[str, Any]) -> dict[str, Any]:
    return {"InstanceProfile": {"Arn": ARN, "Roles": list(roles)}}


UNTIL = NOON + timedelta(days=7)


def policies(*names: str, attached: tuple[str, ...] = ()) -> tuple[dict[str, Any], ...]:
    """The names of a role's inline policies, and the ARNs of those that are attached."""
    found = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in attached]
    return {"PolicyNames": list(names)}, {"AttachedPolicies": found}


def policy(document: object) -> dict[str, Any]:
    return {"PolicyDocument": document}


def test_an_instance_without_a_profile_costs_one_call() -> None:
    asked, identity = talk(Identity.read(REF, ()), (associations(),))
    assert len(asked) == 1
    assert identity == Identity()


def test_a_profile_with_a_path_is_asked_for_by_its_name() -> None:
    asked, identity = talk(
        Identity.read(REF, ()), (associations(associated()),), (profile(role()),), policies()
    )
    assert asked[1][0].parameters == {"InstanceProfileName": "web-profile"}
    assert identity.roles == (HeldRole(ROLE),)
    assert identity.associations[0].profile == Profile(ARN, ROLE)


@pytest.mark.parametrize("answer", [profile(), NOTHING], ids=["empty", "deleted"])
def test_a_profile_may_hold_no_role(answer: dict[str, Any]) -> None:
    _, identity = talk(Identity.read(REF, ()), (associations(associated()),), (answer,))
    assert identity.roles == ()
    assert identity.associations[0].profile.role is None


@pytest.mark.parametrize("state", ["associating", "disassociating"])
def test_a_profile_that_comes_or_goes_is_looked_at_again(state: str) -> None:
    _, identity = talk(
        Identity.read(REF, ()), (associations(associated(state)),), (profile(role()),), policies()
    )
    assert state in identity.settling()


def test_an_association_that_ended_is_none() -> None:
    assert talk(Identity.read(REF, ()), (associations(associated("disassociated")),))[1] == Identity()


def test_a_role_is_remembered_from_the_step_that_took_the_profile_away() -> None:
    """A crash between the two steps, or another run, still finds whose sessions to deny."""
    asked, identity = talk(
        Identity.read(REF, (DETACHED,)), (associations(),), ({"Role": role()},), policies()
    )
    operations = [call.operation for calls in asked[1:] for call in calls]
    assert operations == ["GetRole", "ListRolePolicies", "ListAttachedRolePolicies"]
    assert identity.roles == (HeldRole(ROLE),)


@pytest.mark.parametrize("answer", [NOTHING, {"Role": role(Role("web", "AROANEW"))}], ids=["deleted", "anew"])
def test_a_remembered_role_that_was_deleted_or_made_anew_is_forgotten(answer: dict[str, Any]) -> None:
    _, identity = talk(Identity.read(REF, (DETACHED,)), (associations(),), (answer,))
    assert identity == Identity()


@pytest.mark.parametrize(
    ("found", "denied"),
    [
        (policy(denial(ROLE, REF.id)), True),
        (policy(json.dumps(denial(ROLE, REF.id))), True),
        (policy(denial(ROLE, "i-0000000000000000f")), False),
        (policy({"Version": "2012-10-17", "Statement": []}), False),
        (policy("no JSON"), False),
        (policy([]), False),
        (NOTHING, False),
    ],
)
def test_only_the_policy_word_for_word_counts_as_denial(found: dict[str, Any], denied: bool) -> None:  # noqa: FBT001 - a row of the table
    own = InstanceDenial(REF.id)
    asked = (associations(associated()),), (profile(role()),), policies(own.inline_name)
    _, identity = talk(Identity.read(REF, ()), *asked, (found,))
    assert identity.roles == (HeldRole(ROLE, frozenset({own} if denied else ())),)
    assert identity.roles[0].denies(REF.id) is denied


@pytest.mark.parametrize("good", [True, False])
def test_a_managed_denial_counts_if_its_version_in_force_says_so(*, good: bool) -> None:
    own = InstanceDenial(REF.id, UNTIL, managed=True)
    says = denial(ROLE, REF.id if good else "i-0000000000000000f")
    asked, identity = talk(
        Identity.read(REF, ()),
        (associations(associated()),),
        (profile(role()),),
        policies(attached=(own.arn(REF.account, ROLE), "arn:aws:iam::aws:policy/ReadOnlyAccess")),
        ({"Policy": {"DefaultVersionId": "v3"}},),
        ({"PolicyVersion": {"Document": says}},),
    )
    assert asked[4][0].parameters == {"PolicyArn": own.arn(REF.account, ROLE), "VersionId": "v3"}
    assert identity.roles[0].denials == frozenset({own} if good else ())


def test_the_denials_of_other_instances_are_known_by_name_and_cost_no_read() -> None:
    other = InstanceDenial("i-0000000000000000f", UNTIL)
    names = (
        other.inline_name,
        "ringfence-deny-i-1",
        "ringfence-deny-i-0000000000000000f-until-20261399T0000Z",
    )
    asked, identity = talk(
        Identity.read(REF, ()), (associations(associated()),), (profile(role()),), policies(*names)
    )
    assert len(asked) == 3
    assert identity.roles == (HeldRole(ROLE, frozenset({other})),)


def test_the_names_of_denials_fit_in_a_policys_name() -> None:
    longest = Role("w" * 64, f"AROA{'Z' * 28}")
    one = InstanceDenial("i-" + "0" * 17, UNTIL, managed=True)
    assert len(one.inline_name) <= 128
    assert len(one.arn(REF.account, longest).rpartition("/")[2]) <= 128


@pytest.mark.parametrize(
    ("path", "editable"), [("/", True), ("/aws-service-role/x/", False), ("/aws-reserved/sso/", False)]
)
def test_roles_of_aws_cannot_be_edited(path: str, editable: bool) -> None:  # noqa: FBT001 - a row of the table
    assert Role("r", "AROA1", path).editable is editable


def test_the_users_of_a_role_are_the_other_instances_with_a_profile_that_holds_it() -> None:
    other_arn = f"arn:aws:iam::{REF.account}:instance-profile/other"
    everywhere = associations(
        associated(),
        associated(instance="i-00000000000000001"),
        associated(instance="i-00000000000000002", arn=other_arn),
        associated(instance="i-00000000000000003", arn="arn:aws:iam::1:instance-profile/third"),
    )
    holding = {"InstanceProfiles": [{"Arn": ARN}, {"Arn": other_arn}]}
    earlier = NOON - timedelta(days=1)
    names = {
        "PolicyNames": [
            "inline",
            revocation_name(NOON),
            revocation_name(earlier),
            "ringfence-revoke-before-x",
            "ringfence-revoke-before-20261399T990000Z",
        ]
    }
    asked, seen = talk(
        RoleSessions.read(REF, ()),
        (everywhere,),
        (profile(role()),),
        (holding, names),
        (policy(revocation(NOON)), policy(revocation(NOON))),
    )
    assert len(asked) == 4
    others = ("i-00000000000000001", "i-00000000000000002")
    assert seen.roles == (RoleUse(ROLE, frozenset({Revocation(NOON)}), others),)
    assert seen.roles[0].covers(earlier, {""})
    assert not seen.roles[0].covers(earlier, {"0123456789"})
    assert not seen.roles[0].covers(NOON + timedelta(seconds=1), {""})


def test_without_a_role_nobodys_sessions_are_looked_at() -> None:
    elsewhere = associations(associated(instance="i-00000000000000001"))
    assert talk(RoleSessions.read(REF, ()), (elsewhere,))[1] == RoleSessions()


def test_an_instant_is_rounded_up_so_that_nothing_before_it_is_missed() -> None:
    assert whole_second(NOON) == NOON
    assert whole_second(NOON + timedelta(microseconds=1)) == NOON + timedelta(seconds=1)
    for holder in ("", holder_of(REF)):
        assert revocation_named(revocation_name(NOON, holder)) == Revocation(NOON, holder)
