"""Taking an instance's identity away, and giving it back."""

from __future__ import annotations

import json

import pytest

from ringfence.model.errors import NotFound, Refused, Retryable
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.iam.identity import Association, HeldRole, Identity, Profile, Role
from ringfence.steps.ec2.instance_profile import AttachInstanceProfile, detach
from ringfence.steps.iam.instance_sessions import DenyInstanceSessions
from tests.support.talks import refusal, talk
from tests.support.worlds import REF

ROLE = Role("web", "AROAWEB")
PROFILE = Profile("arn:aws:iam::111122223333:instance-profile/team/web", ROLE)
DETACH = detach(REF.id, Association("iip-assoc-1", PROFILE, "associated"))
ATTACH = AttachInstanceProfile(REF.id, "iip-assoc-1", None, PROFILE)
DENY = DenyInstanceSessions(REF.id, ROLE, before=False, after=True)


def seen(*associations: Association, denied: bool | None = False) -> ResourceState:
    roles = () if denied is None else (HeldRole(ROLE, denied),)
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
