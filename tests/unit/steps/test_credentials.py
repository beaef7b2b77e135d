"""What each step on credentials does with every answer it can get."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import NotFound, Refused
from ringfence.model.observation import ResourceState
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.observations.iam.denial import Denial, Policy
from ringfence.observations.iam.denial_names import NAME, own_arn
from ringfence.observations.iam.identity import Role
from ringfence.observations.iam.other_credentials import KINDS, Credential, OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.principals import USER, Holder
from ringfence.observations.iam.reach import DENY_ALL, Reach
from ringfence.observations.iam.revocations import Revocation
from ringfence.observations.iam.role_sessions import RoleUse
from ringfence.observations.iam.used_roles import UsedRole, UsedRoles
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.access_keys import DeactivateAccessKey
from ringfence.steps.iam.boundaries import SetDenyBoundary
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from ringfence.steps.iam.denial_policies import CreateDenialPolicy
from ringfence.steps.iam.other_credentials import DeactivateCredential
from ringfence.steps.iam.password import SetPasswordReset
from ringfence.steps.iam.used_roles import RevokeUsedRole
from tests.support.strategies.credentials import ACCOUNT, BOUNDARY, DEPLOY, KEY, PERSON, SESSION, STRANGE, WEB
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Call, Failed
    from ringfence.model.observation import Observation
    from ringfence.model.step import Done, Step

SESSIONS = Reach(before=NOON).document()
ARN = own_arn(PERSON, DEPLOY, SESSIONS)
OFF = DeactivateAccessKey("deploy", KEY.id, "Active", "Inactive")
PUT = PutDenial(DEPLOY, NAME, "", SESSIONS)
PUT_ON_ROLE = PutDenial(WEB, NAME, "", Reach().document())
OVER = PutDenial(DEPLOY, NAME, STRANGE, SESSIONS)
CREATE = CreateDenialPolicy(ARN, "", SESSIONS)
ATTACH = AttachDenial(DEPLOY, ARN, before=False, after=True)
BOUND = SetDenyBoundary(DEPLOY, BOUNDARY, DENY_ALL)
UNBOUND = SetDenyBoundary(DEPLOY, "", DENY_ALL)
RESET = SetPasswordReset("deploy", before=False, after=True)
CREDENTIALS = tuple(DeactivateCredential("deploy", kind, "c-1", "Active", "Inactive") for kind in KINDS)
ROLE = Role("web", WEB.id)
REVOKE = RevokeUsedRole(ROLE, NOON, ("function resize",), before=False, after=True)
EVERY = (OFF, PUT, PUT_ON_ROLE, CREATE, ATTACH, BOUND, RESET, *CREDENTIALS, REVOKE)


def seen(facet: Observation) -> ResourceState:
    return ResourceState(PERSON, {type(facet): facet})


def answered(step: Step, first: Mapping[str, object] | Failed) -> tuple[Call, Done]:
    """Answer the first call of a step. What it asks for beside that does not exist."""
    beside = (refusal("NoSuchEntity"),) * (len(next(step.apply({}))) - 1)
    ((call, *_),), done = talk(step.apply({}), (first, *beside))
    return call, done


def operation(step: Step) -> str:
    return answered(step, {})[0].operation


@pytest.mark.parametrize("step", [*EVERY, OVER, UNBOUND], ids=operation)
def test_every_error_that_is_foreseen_ends_it_and_every_other_is_tried_again(step: Step) -> None:
    """What a call does not expect the driver raises as Retryable: IAM is busy, or others change the same."""
    for one in (step, step.inverse()):
        call = next(one.apply({}))[0]
        for code in (
            "ConcurrentModification",
            "EntityTemporarilyUnmodifiable",
            "ServiceFailure",
            "Throttling",
        ):
            assert code not in call.expected
        for code in call.expected:
            answer = refusal(code)
            if code == "NoSuchEntity" and call.operation.startswith(("Delete", "Detach")):
                assert "no longer existed" in answered(one, answer)[1].note
            elif code == "EntityAlreadyExists":
                assert "already existed" in answered(one, answer)[1].note
            else:
                with pytest.raises(NotFound if code == "NoSuchEntity" else Refused, match=code):
                    answered(one, answer)


@pytest.mark.parametrize(
    ("step", "there", "back"),
    [
        (OFF, "UpdateAccessKey", "UpdateAccessKey"),
        (PUT, "PutUserPolicy", "DeleteUserPolicy"),
        (OVER, "PutUserPolicy", "PutUserPolicy"),
        (PUT_ON_ROLE, "PutRolePolicy", "DeleteRolePolicy"),
        (CREATE, "CreatePolicy", "DeletePolicy"),
        (ATTACH, "AttachUserPolicy", "DetachUserPolicy"),
        (BOUND, "PutUserPermissionsBoundary", "PutUserPermissionsBoundary"),
        (UNBOUND, "PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"),
        (RESET, "UpdateLoginProfile", "UpdateLoginProfile"),
        (REVOKE, "PutRolePolicy", "DeleteRolePolicy"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_the_way_there_and_the_way_back(step: Step, there: str, back: str) -> None:
    assert (operation(step), operation(step.inverse())) == (there, back)


def test_a_key_is_set_by_its_users_name() -> None:
    ((call,),), _ = talk(OFF.apply({}), ({},))
    assert call.parameters == {"UserName": "deploy", "AccessKeyId": KEY.id, "Status": "Inactive"}


@pytest.mark.parametrize("step", [OFF, *CREDENTIALS], ids=lambda one: getattr(one, "kind", "access key"))
def test_what_responds_deactivates_whatever_its_record_says_and_its_undo_alone_activates(
    step: DeactivateAccessKey | DeactivateCredential,
) -> None:
    """IAM's action works both ways, and the role that responds has it."""
    forged = replace(step, before="Inactive", after="Active")
    ((call,),), _ = talk(forged.apply({}), ({},))
    assert call.parameters["Status"] == "Inactive"
    ((call,),), _ = talk(step.inverse().apply({}), ({},))
    assert call.parameters["Status"] == "Active"
    assert type(step) in CONTAIN_CREDENTIALS.steps
    assert type(step.inverse()) not in CONTAIN_CREDENTIALS.steps
    assert type(step.inverse()) in CONTAIN_CREDENTIALS.inverses
    assert step.inverse().inverse() == step


def test_what_stood_under_our_name_is_put_back_as_it_was() -> None:
    ((call,),), _ = talk(OVER.inverse().apply({}), ({},))
    assert call.parameters["PolicyDocument"] == STRANGE
    ((call,),), _ = talk(BOUND.inverse().apply({}), ({},))
    assert call.parameters["PermissionsBoundary"] == BOUNDARY


def test_the_password_itself_stays() -> None:
    ((call,),), _ = talk(RESET.apply({}), ({},))
    assert call.parameters == {"UserName": "deploy", "PasswordResetRequired": True}


def test_a_policy_of_ours_is_made_before_it_is_attached_and_deleted_after() -> None:
    assert dependency_levels((ATTACH, CREATE)) == ((CREATE,), (ATTACH,))
    assert dependency_levels((CREATE.inverse(), ATTACH.inverse())) == (
        (ATTACH.inverse(),),
        (CREATE.inverse(),),
    )
    ((call,),), _ = talk(CREATE.apply({}), ({},))
    assert f"arn:aws:iam::{ACCOUNT}:policy{call.parameters['Path']}{call.parameters['PolicyName']}" == ARN
    assert json.loads(str(call.parameters["PolicyDocument"]))["Statement"][0]["Effect"] == "Deny"


def test_attaching_what_aws_made_waits_for_nothing() -> None:
    assert AttachDenial(DEPLOY, DENY_ALL, before=False, after=True).requires == ()
    assert UNBOUND.requires == ()
    assert SetDenyBoundary(DEPLOY, "", ARN).requires == CREATE.provides


ANEW = Holder(USER, "deploy", "AIDAMADEANEW")


@pytest.mark.parametrize(
    ("step", "facet", "state"),
    [
        (OFF, AccessKey("deploy", (Key(KEY.id, "Active"),)), State.BEFORE),
        (OFF, AccessKey("deploy", (Key(KEY.id, "Inactive"),)), State.AFTER),
        (OFF, AccessKey("deploy", (Key(KEY.id, "Expired"),)), State.DRIFTED),
        (OFF, AccessKey("deploy"), State.GONE),
        (PUT, Denial(DEPLOY), State.BEFORE),
        (PUT, Denial(DEPLOY, (Policy(NAME, SESSIONS),)), State.AFTER),
        (PUT, Denial(DEPLOY, (Policy(NAME, STRANGE),)), State.DRIFTED),
        (PUT, Denial(ANEW), State.GONE),
        (PUT, Denial(), State.GONE),
        (ATTACH, Denial(DEPLOY), State.BEFORE),
        (ATTACH, Denial(DEPLOY, attached=frozenset({ARN})), State.AFTER),
        (ATTACH, Denial(ANEW), State.GONE),
        (CREATE, Denial(DEPLOY), State.BEFORE),
        (CREATE, Denial(DEPLOY, policies=(Policy(ARN, SESSIONS),)), State.AFTER),
        (CREATE, Denial(DEPLOY, policies=(Policy(ARN, STRANGE),)), State.DRIFTED),
        (BOUND, Denial(DEPLOY, boundary=BOUNDARY), State.BEFORE),
        (BOUND, Denial(DEPLOY, boundary=DENY_ALL), State.AFTER),
        (BOUND, Denial(DEPLOY), State.DRIFTED),
        (BOUND, Denial(ANEW), State.GONE),
        (RESET, Password("deploy"), State.BEFORE),
        (RESET, Password("deploy", reset=True), State.AFTER),
        (RESET, Password(), State.GONE),
        (CREDENTIALS[0], OtherCredentials("deploy"), State.GONE),
        (
            CREDENTIALS[0],
            OtherCredentials("deploy", (Credential("service-specific credential", "c-1", "Expired"),)),
            State.DRIFTED,
        ),
        (REVOKE, UsedRoles(), State.GONE),
        (REVOKE, UsedRoles((UsedRole(RoleUse(ROLE)),)), State.BEFORE),
        (REVOKE, UsedRoles((UsedRole(RoleUse(ROLE, frozenset({Revocation(NOON)}))),)), State.AFTER),
    ],
)
def test_where_the_world_stands(step: Step, facet: Observation, state: State) -> None:
    assert step.state(seen(facet)) is state
    if state is State.DRIFTED:
        assert step.actual(seen(facet)) not in step.diff()


def test_what_is_denied_is_said_in_words() -> None:
    session = PutDenial(WEB, NAME, "", Reach(userid=SESSION.id).document())
    assert SESSION.id in session.describe()
    assert "issued before 2026-03-01T12:00:00" in PUT.describe()
    assert PUT.diff() == ("nobody", "the sessions issued before 2026-03-01T12:00:00.000000+00:00")
    assert OVER.diff()[0] == "another policy"
    assert "function resize" in REVOKE.side_effects()
