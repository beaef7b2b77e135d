"""The steps of `harden-instance`: one option, one profile, one tag."""

from __future__ import annotations

import pytest

from ringfence.model.errors import Refused, Retryable
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.ec2.management import NAME, Management
from ringfence.observations.ec2.metadata import MetadataOptions
from ringfence.observations.ec2.tags import IMAGE_TAG, ImageTag
from ringfence.observations.iam.identity import Association, Profile
from ringfence.steps.ec2.management_profile import AttachManagementProfile
from ringfence.steps.ec2.metadata import SetMetadataOptions
from ringfence.steps.ec2.tags import TagUnapprovedImage
from tests.support.fakes.instance_answers import ASSOCIATION
from tests.support.strategies.hardening import OFFERED, OTHER
from tests.support.talks import refusal, talk
from tests.support.worlds import REF

ATTACH = AttachManagementProfile(REF.id, None, OFFERED)
TAG = TagUnapprovedImage(REF.id, None, "owner")


def having(*profiles: Profile, state: str = "associated") -> ResourceState:
    associations = tuple(Association("iip-assoc-2", one, state) for one in profiles)
    return ResourceState(REF).with_observation(Management(associations, OFFERED))


# The metadata service


def test_every_option_that_was_observed_is_named_and_the_hop_limit_kept() -> None:
    """What a call leaves out stays as it is, by the service's word alone."""
    before = MetadataOptions("enabled", "optional", 3, "enabled", "enabled")
    after = MetadataOptions("enabled", "required", 3, "enabled", "enabled")
    ((call,),), _ = talk(SetMetadataOptions(REF.id, before, after).apply({}), ({},))
    assert call.parameters == {
        "InstanceId": REF.id,
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 3,
        "HttpProtocolIpv6": "enabled",
        "InstanceMetadataTags": "enabled",
    }


def test_what_requiring_a_token_ends_is_said_and_giving_it_up_costs_nothing() -> None:
    require = SetMetadataOptions(REF.id, MetadataOptions(), MetadataOptions(tokens="required"))
    assert "token required" in require.describe()
    assert "without a token" in require.side_effects()
    assert "token optional" in require.inverse().describe()
    assert require.inverse().side_effects() == ""


def test_turning_the_service_off_is_still_said_as_such() -> None:
    off = SetMetadataOptions(REF.id, MetadataOptions(), MetadataOptions("disabled"))
    assert "to disabled" in off.describe()
    assert "agents" in off.side_effects()


# The profile


def test_the_profile_is_attached_by_its_arn() -> None:
    ((call,),), _ = talk(ATTACH.apply({}), ({},))
    assert call.parameters == {"InstanceId": REF.id, "IamInstanceProfile": {"Arn": OFFERED.arn}}
    assert NAME in ATTACH.describe()
    assert "credentials" in ATTACH.side_effects()


def test_a_profile_that_came_meanwhile_is_not_replaced() -> None:
    with pytest.raises(Retryable, match="IncorrectState"):
        talk(ATTACH.apply({}), (refusal("IncorrectState"),))


def test_a_profile_that_was_deleted_meanwhile_is_told() -> None:
    with pytest.raises(Refused, match="InvalidParameterValue"):
        talk(ATTACH.apply({}), (refusal("InvalidParameterValue"),))


def test_taking_it_back_looks_for_its_association() -> None:
    answers = ({"IamInstanceProfileAssociations": [ASSOCIATION]},)
    (_, (call,)), done = talk(ATTACH.inverse().apply({}), answers, ({},))
    assert call.parameters == {"AssociationId": "iip-assoc-2"}
    assert done.note == ""


@pytest.mark.parametrize("others", [[], [{**ASSOCIATION, "IamInstanceProfile": {"Arn": OTHER.arn}}]])
def test_another_profile_is_never_taken_away(others: list[object]) -> None:
    _, done = talk(ATTACH.inverse().apply({}), ({"IamInstanceProfileAssociations": others},))
    assert "somebody else" in done.note


def test_an_association_that_ended_meanwhile_is_what_was_wanted() -> None:
    answers = ({"IamInstanceProfileAssociations": [ASSOCIATION]},)
    _, done = talk(ATTACH.inverse().apply({}), answers, (refusal("InvalidAssociationID.NotFound"),))
    assert "somebody else" in done.note


@pytest.mark.parametrize(
    ("world", "state"),
    [
        (having(), State.BEFORE),
        (having(OFFERED), State.AFTER),
        (having(OTHER), State.DRIFTED),
        (having(OFFERED, state="associating"), State.SETTLING),
    ],
)
def test_an_attachment_is_told_by_the_profile_that_is_there(world: ResourceState, state: State) -> None:
    assert ATTACH.state(world) is state


def test_what_stands_there_is_said() -> None:
    assert ATTACH.actual(having(OTHER)) == OTHER.arn
    assert ATTACH.actual(having()) == "none"


# The tag


def test_the_tag_is_written_and_removed_with_its_value() -> None:
    ((call,),), _ = talk(TAG.apply({}), ({},))
    assert (call.operation, call.parameters["Tags"]) == ("CreateTags", [{"Key": IMAGE_TAG, "Value": "owner"}])
    ((call,),), _ = talk(TAG.inverse().apply({}), ({},))
    assert (call.operation, call.parameters["Tags"]) == ("DeleteTags", [{"Key": IMAGE_TAG, "Value": "owner"}])


def test_the_tag_that_was_there_comes_back() -> None:
    step = TagUnapprovedImage(REF.id, "checked by hand", "owner")
    ((call,),), _ = talk(step.inverse().apply({}), ({},))
    assert call.operation == "CreateTags"
    assert call.parameters["Tags"] == [{"Key": IMAGE_TAG, "Value": "checked by hand"}]


def test_a_tag_that_somebody_changed_meanwhile_is_left() -> None:
    moved = ResourceState(REF).with_observation(ImageTag("approved by hand"))
    assert TAG.inverse().state(moved) is State.DRIFTED
    assert TAG.inverse().actual(moved) == "approved by hand"
