"""What holds for `harden-instance` beside the laws: nothing is lost, and each finding is answered once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from ringfence.events.dispatch import findings
from ringfence.events.ec2_states.trigger import STATES
from ringfence.events.envelope import NotForUs
from ringfence.local.samples.config import verdict
from ringfence.local.samples.states import state_change
from ringfence.model.trigger import joined
from ringfence.observations.ec2.first_start import FirstStart
from ringfence.observations.ec2.image import Image
from ringfence.observations.ec2.management import Management
from ringfence.observations.ec2.metadata import Metadata
from ringfence.observations.ec2.metadata_use import MetadataUse
from ringfence.observations.ec2.origin import Origin
from ringfence.observations.ec2.tags import ImageTag, Tags
from ringfence.runbooks.harden_instance import HARDEN_INSTANCE
from tests.support.delivery import Delivery
from tests.support.laws.plans import run
from tests.support.strategies.harden_instance import FIX
from tests.support.strategies.hardening import incidents, seen
from tests.support.worlds import REF

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState


@given(before=seen(), incident=incidents())
def test_nothing_that_was_there_is_lost(before: ResourceState, incident: Incident) -> None:
    """One metadata option changes; a profile that is attached stays; no tag of others is touched."""
    after, steps = run(FIX, before, incident)
    was, becomes = before[Metadata].options, after[Metadata].options
    assert replace(becomes, tokens=was.tokens) == was
    assert before[Management].associations in {(), after[Management].associations}
    assert after[Tags] == before[Tags]
    assert {step.target.split("/")[2] for step in steps} <= {"metadata-options", "instance-profile", "tags"}


def test_one_role_may_be_passed_and_one_profile_looked_at() -> None:
    """What runs by itself must not be able to hand an instance any role that it likes."""
    of_iam = {
        one.action: one.resources for one in HARDEN_INSTANCE.permissions() if one.action.startswith("iam:")
    }
    assert of_iam == {
        "iam:GetInstanceProfile": ("arn:aws:iam::{account}:instance-profile/ringfence-ssm",),
        "iam:PassRole": ("arn:aws:iam::{account}:role/ringfence-ssm",),
    }
    assert "iam:PassRole" not in {one.action for one in HARDEN_INSTANCE.release_permissions()}


def test_no_tag_but_its_own_may_be_written() -> None:
    tagging = [
        one for one in HARDEN_INSTANCE.permissions() if one.action in {"ec2:CreateTags", "ec2:DeleteTags"}
    ]
    assert [one.conditions for one in tagging] == [
        (("ForAllValues:StringEquals", "aws:TagKeys", ("ringfence:unapproved-image",)),)
    ]


# What it answers


def test_each_finding_leads_to_what_it_is_about_and_to_nothing_else() -> None:
    answered = HARDEN_INSTANCE.answers_by_type()
    assert answered == {
        "require-imdsv2": ("Config:ec2-imdsv2-check",),
        "attach-management-profile": ("Config:ec2-instance-managed-by-systems-manager",),
        "report-unapproved-image": (
            "Config:approved-amis-by-tag",
            "Config:approved-amis-by-id",
            "EC2:running",
        ),
    }


DELIVERY = Delivery(*joined(HARDEN_INSTANCE.triggers))
RULES = (
    "ec2-imdsv2-check",
    "ec2-instance-managed-by-systems-manager",
    "approved-amis-by-tag",
    "approved-amis-by-id",
)
NEAR = ("ec2-imdsv2-check-of-ours", "my-approved-amis-by-id", "ec2-launch-template-imdsv2-check")
INSTANCE = "AWS::EC2::Instance"


def test_one_rule_delivers_starts_and_one_the_verdicts() -> None:
    assert sorted(one.id for one in DELIVERY.triggers) == ["config-rules", "instance-states"]
    assert DELIVERY.errors() == []


@pytest.mark.parametrize("around", ["{}", "securityhub-{}-4f2a9c1e", "{}-conformance-pack-q7w2ex"])
@pytest.mark.parametrize("rule", RULES)
def test_a_verdict_is_delivered_once_and_is_about_the_instance(rule: str, around: str) -> None:
    event = verdict(around.format(rule), INSTANCE, REF.id)
    assert (DELIVERY.count(event), DELIVERY.answered(event)) == (1, True)
    (finding,) = told(event)
    assert (finding.type, finding.subjects, finding.routine) == (f"Config:{rule}", (REF,), False)
    assert finding.claim


@pytest.mark.parametrize("rule", NEAR)
def test_a_rule_whose_name_holds_one_of_these_is_not_meant(rule: str) -> None:
    event = verdict(rule, INSTANCE, REF.id)
    assert DELIVERY.answered(event) is not True
    assert DELIVERY.count(event) == 0


@pytest.mark.parametrize("rule", RULES)
def test_a_verdict_that_all_is_well_is_not_for_us(rule: str) -> None:
    event = verdict(rule, INSTANCE, REF.id, compliance="COMPLIANT")
    assert (DELIVERY.count(event), DELIVERY.answered(event)) == (0, False)


def test_a_start_is_delivered_as_a_routine_look_and_no_other_state_is() -> None:
    (finding,) = told(state_change("running", REF.id))
    assert (finding.type, finding.subjects, finding.routine) == ("EC2:running", (REF,), True)
    for state in STATES:
        event = state_change(state, REF.id)
        assert DELIVERY.agrees(event)
        assert DELIVERY.count(event) == int(state == "running")


def told(event: object) -> tuple[Finding, ...]:
    found = findings(event)
    assert not isinstance(found, NotForUs)
    return found


def test_an_image_is_read_for_a_finding_about_images_alone() -> None:
    assert HARDEN_INSTANCE.narrowed(["require-imdsv2"]).observations == (Metadata, MetadataUse, Origin)
    assert HARDEN_INSTANCE.narrowed(["report-unapproved-image"]).observations == (
        Image,
        ImageTag,
        FirstStart,
        Origin,
    )
