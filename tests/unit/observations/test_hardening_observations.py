"""What is read of an instance that breaks compliance: image, origin, profile, calls of its metadata."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ringfence.model.call import Ago
from ringfence.model.errors import NotFound
from ringfence.observations.ec2.first_start import FirstStart
from ringfence.observations.ec2.image import Image, Shown
from ringfence.observations.ec2.management import NAME, Management
from ringfence.observations.ec2.metadata_use import DAYS, UNREADABLE, MetadataUse
from ringfence.observations.ec2.origin import Origin
from ringfence.observations.ec2.tags import IMAGE_TAG, ImageTag
from ringfence.observations.iam.identity import Profile, Role
from tests.support.fakes.instance_answers import ASSOCIATION, IMAGE_ID, OWNED, PROFILE, ROLE
from tests.support.talks import refusal, talk
from tests.support.worlds import REF
from tests.unit.observations.test_instance_observations import described

INSTANCE = described(ImageId=IMAGE_ID)


def image(**more: object) -> Image:
    _, found = talk(Image.read(REF, ()), (INSTANCE,), ({"Images": [{**OWNED, **more}]},))
    return found


def tagged(**tags: str) -> dict[str, Any]:
    return described(Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


# Calls without a token


def test_calls_without_a_token_are_added_up_over_the_days() -> None:
    days = [{"Sum": 3.0}, {"Sum": 4.0}]
    ((call,),), use = talk(MetadataUse.read(REF, ()), ({"Datapoints": days},))
    assert use.calls == 7
    assert (call.parameters["StartTime"], call.parameters["EndTime"]) == (Ago(timedelta(days=DAYS)), Ago())
    assert call.parameters["Dimensions"] == [{"Name": "InstanceId", "Value": REF.id}]


def test_no_call_is_not_the_same_as_not_knowing() -> None:
    assert talk(MetadataUse.read(REF, ()), ({"Datapoints": []},))[1] == MetadataUse(0)
    for code in UNREADABLE:
        assert talk(MetadataUse.read(REF, ()), (refusal(code),))[1] == MetadataUse(None)


# What launched it


def test_what_launched_an_instance_is_told_by_tags_that_aws_alone_can_set() -> None:
    tags = {"aws:autoscaling:groupName": "web", "aws:ec2launchtemplate:id": "lt-1", "autoscaling": "mine"}
    _, origin = talk(Origin.read(REF, ()), (tagged(**tags),))
    assert origin == Origin("web", "lt-1")
    assert "web" in origin.next_one("change it")
    assert "launch template lt-1" in origin.next_one("change it")


def test_of_an_instance_in_no_group_nothing_is_said() -> None:
    _, origin = talk(Origin.read(REF, ()), (tagged(**{"aws:ec2launchtemplate:id": "lt-1"}),))
    assert origin.next_one("change it") == ""


# Whether it runs for the first time


@pytest.mark.parametrize(
    ("seconds", "index", "first"),
    [(0, 0, True), (2, 0, True), (-2, 0, True), (3600, 0, False), (86400, 0, False), (86400, 1, True)],
)
def test_a_start_is_the_first_as_long_as_the_primary_interface_is_as_old(
    seconds: int, index: int, *, first: bool
) -> None:
    made = datetime(2026, 1, 30, 12, tzinfo=UTC)
    answer = described(
        LaunchTime=made + timedelta(seconds=seconds),
        NetworkInterfaces=[{"Attachment": {"DeviceIndex": index, "AttachTime": made}}],
    )
    assert talk(FirstStart.read(REF, ()), (answer,))[1] == FirstStart(first)


def test_where_ec2_does_not_say_it_may_be_the_first_start() -> None:
    assert talk(FirstStart.read(REF, ()), (described(),))[1] == FirstStart(first=True)


# Its image


def test_an_image_is_read_with_its_owner_tags_and_age() -> None:
    created = datetime(2026, 1, 30, 12, tzinfo=UTC)
    tags = frozenset({("approved", "true")})
    assert image() == Image(IMAGE_ID, Shown.YES, "137112412989", "amazon", tags, created)


def test_deprecated_and_disabled_images_are_asked_for_too() -> None:
    asked, _ = talk(Image.read(REF, ()), (INSTANCE,), ({"Images": [OWNED]},))
    assert asked[1][0].parameters == {
        "ImageIds": [IMAGE_ID],
        "IncludeDeprecated": True,
        "IncludeDisabled": True,
    }


@pytest.mark.parametrize(
    "answer",
    [{"Images": []}, {"Images": [{**OWNED, "State": "deregistered"}]}, refusal("InvalidAMIID.NotFound")],
    ids=["empty", "recently", "error"],
)
def test_a_deregistered_image_is_not_shown_whatever_way_ec2_says_so(answer: Any) -> None:  # noqa: ANN401 - any answer
    _, found = talk(Image.read(REF, ()), (INSTANCE,), (answer,))
    assert found == Image(IMAGE_ID, Shown.NO)


def test_an_image_that_may_not_be_read_is_not_taken_for_a_deregistered_one() -> None:
    _, found = talk(Image.read(REF, ()), (INSTANCE,), (refusal("UnauthorizedOperation"),))
    assert found == Image(IMAGE_ID, Shown.UNREADABLE)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-40T00:00:00Z"])
def test_a_date_that_is_none_is_no_date(text: str) -> None:
    assert image(CreationDate=text).created is None


def test_a_date_without_a_zone_is_in_utc() -> None:
    assert image(CreationDate="2026-01-30T12:00:00").created == datetime(2026, 1, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize("facet", [Image, ImageTag, Origin])
@pytest.mark.parametrize("state", ["terminated", "shutting-down"])
def test_an_instance_that_was_terminated_meanwhile_is_gone(
    facet: type[Image | ImageTag | Origin], state: str
) -> None:
    with pytest.raises(NotFound, match=state):
        talk(facet.read(REF, ()), (described(ImageId=IMAGE_ID, State={"Name": state}),))


def test_the_tag_about_the_image_is_read_as_it_is() -> None:
    assert talk(ImageTag.read(REF, ()), (tagged(),))[1] == ImageTag(None)
    assert talk(ImageTag.read(REF, ()), (tagged(**{IMAGE_TAG: "owner"}),))[1] == ImageTag("owner")


# Its profile, and the one that is offered


def management(profile: Any, *associations: object) -> Management:  # noqa: ANN401 - any answer
    _, found = talk(
        Management.read(REF, ()), ({"IamInstanceProfileAssociations": list(associations)}, profile)
    )
    return found


def test_the_profile_that_is_offered_holds_the_role_of_its_name() -> None:
    arn = str(PROFILE["Arn"])
    found = management({"InstanceProfile": PROFILE})
    assert found == Management((), Profile(arn, Role(NAME, "AROASSMEXAMPLE0000000")))


@pytest.mark.parametrize(
    "profile",
    [
        {**PROFILE, "Roles": []},
        {**PROFILE, "Roles": [{**ROLE, "RoleName": "admin"}]},
        {**PROFILE, "Roles": [{**ROLE, "Path": "/team/"}]},
        {**PROFILE, "Arn": f"arn:aws:iam::{REF.account}:instance-profile/team/{NAME}"},
    ],
    ids=["no-role", "other-role", "role-with-path", "profile-with-path"],
)
def test_a_profile_that_holds_anything_else_is_not_offered(profile: dict[str, object]) -> None:
    assert management({"InstanceProfile": profile}).offered is None


@pytest.mark.parametrize("code", ["NoSuchEntity", "AccessDenied"])
def test_without_the_profile_nothing_is_offered(code: str) -> None:
    assert management(refusal(code)).offered is None


def test_a_profile_that_is_going_is_looked_at_again() -> None:
    for state, settles in (("associated", False), ("associating", True), ("disassociating", True)):
        found = management(refusal("NoSuchEntity"), {**ASSOCIATION, "State": state})
        assert bool(found.settling()) == settles
        assert [one.id for one in found.associations] == ["iip-assoc-2"]
    assert management(refusal("NoSuchEntity"), {**ASSOCIATION, "State": "disassociated"}) == Management()
