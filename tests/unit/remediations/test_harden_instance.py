"""What is done to an instance that breaks compliance, and what is only said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.first_start import FirstStart
from ringfence.observations.ec2.image import Image, Shown
from ringfence.observations.ec2.management import Management
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.ec2.metadata_use import MetadataUse
from ringfence.observations.ec2.network import QUARANTINE, Interface, Network, OwnGroup
from ringfence.observations.ec2.origin import Origin
from ringfence.observations.ec2.tags import ImageTag, Tags
from ringfence.observations.iam.identity import Association, Profile
from ringfence.remediations.attach_management_profile import attach_management_profile
from ringfence.remediations.report_unapproved_image import AGE, OWNERS, TAG, report_unapproved_image
from ringfence.remediations.require_imdsv2 import require_imdsv2
from ringfence.steps.ec2.management_profile import AttachManagementProfile
from ringfence.steps.ec2.metadata import SetMetadataOptions
from ringfence.steps.ec2.tags import TagUnapprovedImage
from tests.support.strategies.hardening import BY_TAG, IMAGE, OFFERED, OTHER, RULES, STARTED
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from ringfence.model.remediation import Option


def incident(*types: str, **rules: str) -> Incident:
    chosen = {name: each[0] for name, each in RULES.items()}
    chosen |= {name.replace("_", "-"): rule for name, rule in rules.items()}
    return Incident("inc-1", NOON, choices=tuple(sorted(chosen.items())), types=types or (STARTED,))


# IMDSv2


def metadata(calls: int | None = 0, group: str = "", **options: object) -> ResourceState:
    seen = Metadata(replace(MetadataOptions(hop_limit=2), **options))  # type: ignore[arg-type]  # a test names what it changes
    return (
        ResourceState(REF)
        .with_observation(seen)
        .with_observation(MetadataUse(calls))
        .with_observation(Origin(group, "lt-1" if group else ""))
    )


@pytest.mark.parametrize(("hops", "said"), [(1, True), (2, False)])
def test_a_hop_limit_that_keeps_tokens_from_containers_is_said(hops: int, *, said: bool) -> None:
    words = require_imdsv2.residual_risks(metadata(hop_limit=hops), incident())
    assert any("the hop limit is 1" in one for one in words) is said


def test_a_token_is_required_and_nothing_else_changed() -> None:
    (step,) = require_imdsv2.plan(metadata(), incident())
    assert isinstance(step, SetMetadataOptions)
    assert step.after == MetadataOptions(tokens="required", hop_limit=2)


def test_a_service_that_is_off_is_never_turned_on() -> None:
    """An isolated instance's service may be off on purpose; EC2 would take no other option but with it on."""
    world = metadata(endpoint="disabled")
    assert require_imdsv2.plan(world, incident()) == ()
    (words,) = require_imdsv2.residual_risks(world, incident())
    assert "off" in words


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        (700, "700 calls without a token in the last 14 days: the software that makes them will fail"),
        (1, "1 call without a token in the last 14 days: the software that makes them will fail"),
        (0, "no call without a token was counted in the last 14 days"),
        (None, "CloudWatch did not return the number of calls without a token in the last 14 days"),
    ],
)
def test_the_plan_says_who_will_fail(calls: int | None, words: str) -> None:
    assert require_imdsv2.residual_risks(metadata(calls), incident()) == (words,)


def test_once_a_token_is_required_it_says_who_fails_now() -> None:
    (words,) = require_imdsv2.residual_risks(metadata(3, tokens="required"), incident())
    assert words.endswith("the software that makes them fails because a token is required now")


def test_it_can_break_a_workload_and_says_so() -> None:
    assert require_imdsv2.workload_risk
    assert require_imdsv2.by_default == "dry run"


def test_of_a_group_that_launches_the_next_one_it_is_said() -> None:
    _, words = require_imdsv2.residual_risks(metadata(group="web"), incident())
    assert "Auto Scaling group web" in words
    assert "lt-1" in words


# The profile for Session Manager


def managed(
    *profiles: Profile,
    offered: Profile | None = OFFERED,
    network: Network | None = None,
    tag: str | None = None,
) -> ResourceState:
    associations = tuple(Association("iip-assoc-2", one, "associated") for one in profiles)
    open_ = Network("running", (Interface("eni-0", "vpc-1", frozenset({"sg-web"})),))
    return (
        ResourceState(REF)
        .with_observation(Management(associations, offered))
        .with_observation(Tags(tag))
        .with_observation(network or open_)
        .with_observation(Origin())
    )


def isolated(*, ours: bool = True, rules: int = 0) -> Network:
    group = OwnGroup("sg-q", "vpc-1", QUARANTINE, "ringfence-quarantine", ours=ours, rules=rules)
    usable = ours and not rules
    in_it = Interface("eni-1", "vpc-1", frozenset({QuarantineGroup("vpc-1") if usable else "sg-q"}))
    return Network("running", (Interface("eni-0", "vpc-1", frozenset({"sg-web"})), in_it), (group,))


def test_an_instance_without_a_profile_is_given_the_one_that_is_offered() -> None:
    assert attach_management_profile.plan(managed(), incident()) == (
        AttachManagementProfile(REF.id, None, OFFERED),
    )
    assert attach_management_profile.residual_risks(managed(), incident()) == ()


def test_a_profile_that_is_attached_is_never_replaced() -> None:
    assert attach_management_profile.plan(managed(OTHER), incident()) == ()
    (words,) = attach_management_profile.residual_risks(managed(OTHER), incident())
    assert OTHER.name in words


def test_nothing_is_said_of_the_profile_that_it_gave() -> None:
    assert attach_management_profile.residual_risks(managed(OFFERED), incident()) == ()


def test_without_the_profile_nothing_is_planned_and_how_to_make_it_is_said() -> None:
    world = managed(offered=None)
    assert attach_management_profile.plan(world, incident()) == ()
    (words,) = attach_management_profile.residual_risks(world, incident())
    assert "AmazonSSMManagedInstanceCore" in words


@pytest.mark.parametrize(
    "world",
    [
        managed(tag="inc-20260301T120000.000000-0123456789"),
        managed(tag=""),
        managed(network=isolated()),
        managed(network=isolated(rules=2)),
        managed(network=isolated(ours=False)),
    ],
    ids=["tagged", "empty tag", "isolated", "a drifted group", "a stranger's group of that name"],
)
def test_an_instance_that_may_be_compromised_is_given_no_identity(world: ResourceState) -> None:
    assert attach_management_profile.plan(world, incident()) == ()
    (words,) = attach_management_profile.residual_risks(world, incident())
    assert "compromised" in words


def test_a_group_of_ours_that_holds_others_keeps_nobody_back() -> None:
    elsewhere = replace(isolated(), interfaces=(Interface("eni-0", "vpc-1", frozenset({"sg-web"})),))
    assert attach_management_profile.plan(managed(network=elsewhere), incident())


# The golden-image check


def of_image(image: Image, tag: str | None = None, group: str = "", *, first: bool = True) -> ResourceState:
    return (
        ResourceState(REF)
        .with_observation(image)
        .with_observation(ImageTag(tag))
        .with_observation(FirstStart(first))
        .with_observation(Origin(group))
    )


def reasons(image: Image, *types: str, **rules: str) -> str:
    """Return what the tag is set to; empty where none is planned."""
    steps = report_unapproved_image.plan(of_image(image), incident(*types, **rules))
    assert all(isinstance(step, TagUnapprovedImage) for step in steps)
    return "".join(step.diff()[1] for step in steps)


def test_without_rules_every_image_may_start() -> None:
    for image in (IMAGE, Image("ami-1", Shown.NO), Image("ami-1", Shown.UNREADABLE)):
        world = of_image(image)
        assert reasons(image) == ""
        assert report_unapproved_image.residual_risks(world, incident()) == ()


@pytest.mark.parametrize(
    ("owners", "image", "unapproved"),
    [
        ("self", replace(IMAGE, owner=REF.account), ""),
        ("self", IMAGE, "owner"),
        ("999988887777", IMAGE, ""),
        ("self,999988887777", IMAGE, ""),
        ("amazon", IMAGE, "owner"),
        ("amazon", replace(IMAGE, alias="amazon"), ""),
        ("aws-marketplace", replace(IMAGE, alias="amazon"), "owner"),
        ("self", replace(IMAGE, alias="self"), ""),
        ("self", replace(IMAGE, owner=""), "owner"),
    ],
)
def test_an_owner_is_an_account_the_account_itself_or_an_alias(
    owners: str, image: Image, unapproved: str
) -> None:
    assert reasons(image, image_owners=owners) == unapproved


@pytest.mark.parametrize(
    ("tags", "unapproved"),
    [
        ({}, "tag"),
        ({"approved": "false"}, "tag"),
        ({"approved": "true=yes"}, ""),
        ({"Approved": "true=yes"}, "tag"),
    ],
)
def test_a_tag_approves_by_key_and_value(tags: dict[str, str], unapproved: str) -> None:
    image = replace(IMAGE, tags=frozenset(tags.items()))
    assert reasons(image, image_tag="approved=true=yes") == unapproved


@pytest.mark.parametrize(
    ("age", "limit", "unapproved"),
    [
        (timedelta(days=30), "30", ""),
        (timedelta(days=30, seconds=1), "30", "age"),
        (timedelta(days=31), "30", "age"),
        (timedelta(days=4000), "0", ""),
        (timedelta(days=-1), "1", ""),
        (timedelta(hours=25), "1", "age"),
    ],
)
def test_an_age_is_counted_up_to_the_incidents_newest_instant(
    age: timedelta, limit: str, unapproved: str
) -> None:
    image = replace(IMAGE, created=NOON - age)
    assert reasons(image, image_age=limit) == unapproved


def test_a_later_finding_of_the_incident_moves_the_instant_on() -> None:
    image, rules = replace(IMAGE, created=NOON - timedelta(days=30)), incident(image_age="30")
    later = replace(rules, as_of=NOON + timedelta(days=1))
    assert report_unapproved_image.plan(of_image(image), rules) == ()
    assert len(report_unapproved_image.plan(of_image(image), later)) == 1


def test_an_image_without_a_date_is_not_young() -> None:
    assert reasons(replace(IMAGE, created=None), image_age="30") == "age"


def test_every_rule_must_be_met_and_each_that_is_not_is_named() -> None:
    rules = {"image_owners": "self", "image_tag": "approved=true", "image_age": "30"}
    assert reasons(IMAGE, **rules) == "age owner tag"
    said = report_unapproved_image.residual_risks(of_image(IMAGE), incident(**rules))
    assert len(said) == 4
    assert any("is 100 days old; the policy allows 30 days" in words for words in said)


def test_a_deregistered_image_shows_nothing_that_approves_it() -> None:
    gone = Image("ami-1", Shown.NO)
    assert reasons(gone, image_owners="self") == "gone"
    (words, _) = report_unapproved_image.residual_risks(of_image(gone), incident(image_owners="self"))
    assert "deregistered" in words


def test_an_image_that_could_not_be_read_is_for_a_person_and_is_not_tagged() -> None:
    hidden = Image("ami-1", Shown.UNREADABLE)
    assert reasons(hidden, image_owners="self") == ""
    (words,) = report_unapproved_image.review_items(of_image(hidden), incident(image_owners="self"))
    assert "ami-1" in words


@pytest.mark.parametrize("image", [IMAGE, Image("ami-1", Shown.NO), Image("ami-1", Shown.UNREADABLE)])
def test_what_config_judged_is_not_approved_whatever_the_rules_say(image: Image) -> None:
    assert reasons(image, BY_TAG) == "config"


def test_both_judgements_are_named() -> None:
    assert reasons(IMAGE, BY_TAG, image_owners="self") == "config owner"


def test_an_approved_image_needs_no_words() -> None:
    rules = incident(image_owners="999988887777", image_age="365")
    world = of_image(IMAGE, group="web")
    assert (
        report_unapproved_image.plan(world, rules),
        report_unapproved_image.residual_risks(world, rules),
    ) == (
        (),
        (),
    )


def test_the_launch_template_is_named_where_the_next_one_will_be_the_same() -> None:
    said = report_unapproved_image.residual_risks(of_image(IMAGE, group="web"), incident(image_owners="self"))
    assert any("Auto Scaling group web" in words for words in said)


def test_a_tag_that_says_the_same_is_left_and_any_other_is_replaced() -> None:
    rules = incident(image_owners="self")
    assert report_unapproved_image.plan(of_image(IMAGE, "owner"), rules) == ()
    (step,) = report_unapproved_image.plan(of_image(IMAGE, "approved"), rules)
    assert step.diff() == ("approved", "owner")


@pytest.mark.parametrize(
    ("choice", "good", "bad"),
    [
        (OWNERS, ("", "self", "self,amazon,123456789012"), ("me", "self,", "123", "self, amazon", "*")),
        (TAG, ("", "approved=true", "approved=", "a=b=c"), ("approved", "=true")),
        (AGE, ("0", "7", "365"), ("-1", "", "1.5", "12345")),
    ],
)
def test_options_are_held_to_what_they_mean(
    choice: Option, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    assert all(choice.allows(one) for one in good)
    assert not any(choice.allows(one) for one in bad)


def test_a_tag_that_stood_there_before_the_first_look_is_anybodys_and_said() -> None:
    rules = incident(image_owners="self")
    tagged = of_image(IMAGE, "owner")
    (words,) = report_unapproved_image.review_items(tagged, rules)
    assert "at the first read" in words
    ours = replace(rules, past=report_unapproved_image.plan(of_image(IMAGE), rules))
    assert report_unapproved_image.review_items(tagged, ours) == ()
    assert report_unapproved_image.review_items(of_image(IMAGE, "owner", first=False), rules) == ()
    assert report_unapproved_image.review_items(tagged, incident(BY_TAG, image_owners="self")) == ()
    assert report_unapproved_image.review_items(of_image(IMAGE, "owner"), incident()) == ()
