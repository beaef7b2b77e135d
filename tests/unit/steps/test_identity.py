"""Taking an instance's identity away, and giving it back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from ringfence.model.errors import NotFound, Refused, Retryable
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.iam.identity import Association, HeldRole, Identity, Profile, Role
from ringfence.observations.iam.instance_denials import InstanceDenial, denial
from ringfence.steps.ec2.instance_profile import AttachInstanceProfile, detach
from ringfence.steps.iam.instance_sessions import (
    AttachInstanceDenial,
    DenyInstanceSessions,
    EndInstanceDenial,
)
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON, REF

ROLE = Role("web", "AROAWEB")
PROFILE = Profile("arn:aws:iam::111122223333:instance-profile/team/web", ROLE)
DETACH = detach(REF.id, Association("iip-assoc-1", PROFILE, "associated"))
ATTACH = AttachInstanceProfile(REF.id, "iip-assoc-1", None, PROFILE)
DENY = DenyInstanceSessions(REF.id, ROLE, before=False, after=True)


def seen(*associations: Association, denied: bool | None = False) -> ResourceState:
    roles = () if denied is None else (HeldRole(ROLE, frozenset({InstanceDenial(REF.id)} if denied else ())),)
    return ResourceState(REF).with_observation(Identity(associations, roles))


def test_a_profile_is_detached_by_its_associations_id_and_attached_by_its_arn() -> None:
    ((call,),), _ = talk(DETACH.apply({}), ({},))
    assert call.parameters == {"AssociationId": "iip-assoc-1"}
    assert DETACH.inverse() == ATTACH
    ((call,),), _ = talk(ATTACH.apply({}), ({},))
    assert call.parameters == {"InstanceId": REF.id, "IamInstanceProfile": {"Arn": PROFILE.arn}}


def test_a_profile_with_a_path_is_called_by_its_name() -> None:
    assert "profile web from" in DETACH.describe()


def test_an_association_that_ended_meanwhile_is_what_was_wanted() -> None:
    _, done = talk(DETACH.apply({}), (refusal("InvalidAssociationID.NotFound"),))
    assert "somebody else" in done.note


@pytest.mark.parametrize("code", ["NoSuchEntity", "InvalidParameterValue"])
def test_a_profile_that_was_deleted_cannot_be_given_back(code: str) -> None:
    with pytest.raises(Refused, match=code):
        talk(ATTACH.apply({}), (refusal(code),))


def test_while_another_association_ends_giving_back_is_tried_again() -> None:
    with pytest.raises(Retryable):
        talk(ATTACH.apply({}), (refusal("IncorrectState"),))


@pytest.mark.parametrize(
    ("observed", "state"),
    [
        (seen(Association("iip-assoc-1", PROFILE, "associated")), State.BEFORE),
        (seen(), State.AFTER),
        (seen(Association("iip-assoc-1", PROFILE, "disassociating")), State.SETTLING),
        (seen(Association("iip-assoc-2", Profile("arn:other", None), "associated")), State.DRIFTED),
    ],
)
def test_where_the_world_stands_with_a_detachment(observed: ResourceState, state: State) -> None:
    assert DETACH.state(observed) is state


def test_the_denial_is_about_this_instances_sessions_alone() -> None:
    ((call,),), _ = talk(DENY.apply({}), ({},))
    assert call.operation == "PutRolePolicy"
    assert call.parameters["PolicyName"] == f"ringfence-deny-{REF.id}"
    (statement,) = json.loads(str(call.parameters["PolicyDocument"]))["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
    assert statement["Condition"] == {"StringEquals": {"aws:userid": f"AROAWEB:{REF.id}"}}


@pytest.mark.parametrize("code", ["LimitExceeded", "UnmodifiableEntity"])
def test_a_full_or_protected_role_refuses_the_denial(code: str) -> None:
    with pytest.raises(Refused, match=code):
        talk(DENY.apply({}), (refusal(code),))


UNTIL = NOON + timedelta(days=7)
MANAGED = InstanceDenial(REF.id, UNTIL, managed=True)
ARN = MANAGED.arn(REF.account, ROLE)
ATTACH_DENIAL = AttachInstanceDenial(REF.id, ROLE, ARN, before=False, after=True, until=UNTIL)


def test_the_name_of_a_denial_says_until_when_it_is_kept() -> None:
    kept = replace(DENY, until=UNTIL)
    ((call,),), _ = talk(kept.apply({}), ({},))
    assert call.parameters["PolicyName"] == f"ringfence-deny-{REF.id}-until-20260308T1200Z"
    assert kept.target != DENY.target
    assert kept.state(seen(denied=True)) is State.BEFORE, "another policy is not this one"


def test_a_managed_denial_is_created_and_attached_and_a_second_try_finds_it() -> None:
    ((create,), (attach,)), _ = talk(ATTACH_DENIAL.apply({}), ({},), ({},))
    assert f"{create.parameters['Path']}{create.parameters['PolicyName']}" == ARN.partition(":policy")[2]
    assert json.loads(str(create.parameters["PolicyDocument"])) == denial(ROLE, REF.id)
    assert attach.parameters == {"RoleName": ROLE.name, "PolicyArn": ARN}
    asked, _ = talk(ATTACH_DENIAL.apply({}), (refusal("EntityAlreadyExists"),), ({},))
    assert [call.operation for calls in asked for call in calls] == ["CreatePolicy", "AttachRolePolicy"]
    with pytest.raises(Refused, match="LimitExceeded"):
        talk(ATTACH_DENIAL.apply({}), ({},), (refusal("LimitExceeded"),))
    with pytest.raises(NotFound):
        talk(ATTACH_DENIAL.apply({}), ({},), (refusal("NoSuchEntity"),))


def test_taking_a_managed_denial_back_detaches_and_deletes_it() -> None:
    detach_denial = ATTACH_DENIAL.inverse()
    asked, done = talk(detach_denial.apply({}), ({},), ({},))
    assert [call.operation for calls in asked for call in calls] == ["DetachRolePolicy", "DeletePolicy"]
    assert done.note == ""
    gone = refusal("NoSuchEntity")
    assert "no longer existed" in talk(detach_denial.apply({}), (gone,), (gone,))[1].note
    with pytest.raises(Refused, match="DeleteConflict"):
        talk(detach_denial.apply({}), ({},), (refusal("DeleteConflict"),))


@pytest.mark.parametrize(
    ("ended", "operations"),
    [
        (InstanceDenial("i-0000000000000000f", UNTIL), ["DeleteRolePolicy"]),
        (
            InstanceDenial("i-0000000000000000f", UNTIL, managed=True),
            ["DetachRolePolicy", "DeletePolicy"],
        ),
    ],
)
def test_an_ended_denial_is_removed_and_not_given_back(ended: InstanceDenial, operations: list[str]) -> None:
    policy = ended.arn(REF.account, ROLE) if ended.managed else ended.inline_name
    step = EndInstanceDenial(ROLE, policy, ended)
    asked, _ = talk(step.apply({}), *[({},)] * len(operations))
    assert [call.operation for calls in asked for call in calls] == operations
    there = ResourceState(REF).with_observation(Identity((), (HeldRole(ROLE, frozenset({ended})),)))
    assert (step.state(there), step.state(step.effect(there))) == (State.BEFORE, State.AFTER)
    assert step.state(seen(denied=None)) is State.GONE
    assert step.best_effort
    assert "expired" in step.irreversible


def test_a_role_that_was_deleted_is_gone() -> None:
    with pytest.raises(NotFound):
        talk(DENY.apply({}), (refusal("NoSuchEntity"),))
    assert DENY.state(seen(denied=None)) is State.GONE


def test_allowing_again_deletes_that_policy_and_finds_it_deleted() -> None:
    allow = DENY.inverse()
    ((call,),), _ = talk(allow.apply({}), ({},))
    assert (call.operation, call.parameters["PolicyName"]) == (
        "DeleteRolePolicy",
        f"ringfence-deny-{REF.id}",
    )
    assert "no longer existed" in talk(allow.apply({}), (refusal("NoSuchEntity"),))[1].note
    with pytest.raises(Refused):
        talk(allow.apply({}), (refusal("UnmodifiableEntity"),))
