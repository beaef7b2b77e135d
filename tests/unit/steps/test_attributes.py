"""Metadata options, tags, volumes' fate and the sessions of a whole role."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from ringfence.model.errors import NotFound, Refused
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.ec2.tags import Tags
from ringfence.observations.ec2.volumes import Volumes
from ringfence.observations.iam.identity import Role
from ringfence.observations.iam.revocations import Revocation
from ringfence.observations.iam.role_sessions import RoleSessions, RoleUse
from ringfence.remediations.keep_volumes import SetDeleteOnTermination
from ringfence.steps.ec2.metadata import SetMetadataOptions
from ringfence.steps.ec2.tags import TagInstance
from ringfence.steps.iam.role_sessions import RevokeRoleSessions
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON, REF

BEFORE = MetadataOptions(tokens="required", hop_limit=2, ipv6="enabled", tags="enabled")
OFF = SetMetadataOptions(REF.id, BEFORE, replace(BEFORE, endpoint="disabled"))
KEEP = SetDeleteOnTermination(REF.id, "vol-0", "/dev/sda1", before=True, after=False)
ROLE = Role("web", "AROAWEB")


def test_switching_the_metadata_service_off_names_nothing_else() -> None:
    """EC2 takes the other options only while the endpoint is enabled, and keeps what is not named."""
    ((call,),), _ = talk(OFF.apply({}), ({},))
    assert call.parameters == {"InstanceId": REF.id, "HttpEndpoint": "disabled"}


def test_metadata_options_that_are_given_back_are_all_named_so_that_none_is_reset() -> None:
    ((call,),), _ = talk(OFF.inverse().apply({}), ({},))
    assert call.parameters == {
        "InstanceId": REF.id,
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 2,
        "HttpProtocolIpv6": "enabled",
        "InstanceMetadataTags": "enabled",
    }


def test_metadata_options_that_are_still_being_applied_are_looked_at_again() -> None:
    assert (
        OFF.state(ResourceState(REF).with_observation(Metadata(OFF.after, applied=False))) is State.SETTLING
    )
    assert OFF.state(ResourceState(REF).with_observation(Metadata(OFF.after))) is State.AFTER
    moved = ResourceState(REF).with_observation(Metadata(MetadataOptions()))
    assert OFF.state(moved) is State.DRIFTED
    assert "tokens optional" in OFF.actual(moved)


def test_only_switching_the_metadata_service_off_has_a_price() -> None:
    assert "stops working" in OFF.side_effects()
    assert OFF.inverse().side_effects() == ""


@pytest.mark.parametrize("code", ["UnsupportedOperation", "OperationNotPermitted"])
def test_options_that_ec2_does_not_permit_are_refused(code: str) -> None:
    with pytest.raises(Refused, match=code):
        talk(OFF.apply({}), (refusal(code),))


@pytest.mark.parametrize("code", ["InvalidInstanceAttributeValue", "InvalidInstanceID.NotFound"])
def test_a_volume_detached_meanwhile_is_gone(code: str) -> None:
    with pytest.raises(NotFound, match=code):
        talk(KEEP.apply({}), (refusal(code),))
    assert KEEP.state(ResourceState(REF).with_observation(Volumes(()))) is State.GONE


def test_a_volumes_fate_is_set_on_its_device() -> None:
    ((call,),), _ = talk(KEEP.apply({}), ({},))
    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeId": "vol-0", "DeleteOnTermination": False}}
    assert call.parameters["BlockDeviceMappings"] == [mapping]


@pytest.mark.parametrize("former", [None, "", "inc-of-another", "\x00 ' OR 1=1 --", "\u202etxt"])
def test_a_tag_goes_back_to_whatever_stood_there(former: str | None) -> None:
    """Whoever wrote it: only the service judges what a tag may hold."""
    step = TagInstance(REF.id, former, "inc-1")
    ((call,),), _ = talk(step.inverse().apply({}), ({},))
    if former is None:
        assert (call.operation, call.parameters["Tags"]) == (
            "DeleteTags",
            [{"Key": "ringfence:incident", "Value": "inc-1"}],
        )
    else:
        assert (call.operation, call.parameters["Tags"]) == (
            "CreateTags",
            [{"Key": "ringfence:incident", "Value": former}],
        )
    assert step.inverse().state(ResourceState(REF).with_observation(Tags(former))) is State.AFTER


def test_an_instance_with_too_many_tags_refuses_one_more() -> None:
    with pytest.raises(Refused, match="TagLimitExceeded"):
        talk(TagInstance(REF.id, None, "inc-1").apply({}), (refusal("TagLimitExceeded"),))


@pytest.mark.parametrize(("holder", "ending"), [("", ""), ("0123456789", "-0123456789")])
def test_a_revocation_is_a_policy_of_its_own_for_its_instant_and_incident(holder: str, ending: str) -> None:
    """So that no revocation is ever moved back, and an undo takes away no other."""
    step = RevokeRoleSessions(ROLE, NOON, (), before=False, after=True, holder=holder)
    ((call,),), _ = talk(step.apply({}), ({},))
    assert call.parameters["PolicyName"] == f"ringfence-revoke-before-20260301T120000Z{ending}"
    (statement,) = json.loads(str(call.parameters["PolicyDocument"]))["Statement"]
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2026-03-01T12:00:00Z"}}
    ((undo, _),), _ = talk(step.inverse().apply({}), ({}, refusal("NoSuchEntity")))
    assert (undo.operation, undo.parameters["PolicyName"]) == (
        "DeleteRolePolicy",
        call.parameters["PolicyName"],
    )


@pytest.mark.parametrize(("others", "said"), [(0, "0 other"), (2, "i-0, i-1)"), (9, "and 4 more)")])
def test_a_revocation_names_its_blast_radius(others: int, said: str) -> None:
    step = RevokeRoleSessions(ROLE, NOON, tuple(f"i-{n}" for n in range(others)), before=False, after=True)
    assert said in step.side_effects()


def test_where_the_world_stands_with_a_revocation() -> None:
    step = RevokeRoleSessions(ROLE, NOON, (), before=False, after=True)
    for revoked, state in (
        ((), State.BEFORE),
        ((NOON,), State.AFTER),
        ((NOON + timedelta(1),), State.BEFORE),
    ):
        found = frozenset(map(Revocation, revoked))
        for use in (RoleUse(ROLE, found), RoleUse(ROLE, listed=found)):
            assert step.state(ResourceState(REF).with_observation(RoleSessions((use,)))) is state
    assert step.state(ResourceState(REF).with_observation(RoleSessions())) is State.GONE


def test_what_becomes_of_a_volume_is_said_as_it_is() -> None:
    assert KEEP.diff() == ("deleted with it", "kept")
    assert KEEP.inverse().diff() == ("kept", "deleted with it")
    assert KEEP.inverse().describe() == f"let vol-0 (/dev/sda1) be deleted with {REF.id} again, as before"
