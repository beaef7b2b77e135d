"""The laws for `harden-instance`: convergence, reversibility, exact permissions, nothing lost, triggers."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.undo import undo
from ringfence.events.dispatch import findings
from ringfence.events.ec2_states.trigger import STATES
from ringfence.events.envelope import NotForUs
from ringfence.model.codec import decode, encode
from ringfence.model.incident import Incident
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.plan import net_changes
from ringfence.model.step import State
from ringfence.model.trigger import joined
from ringfence.observations.ec2.first_start import FirstStart
from ringfence.observations.ec2.image import Image
from ringfence.observations.ec2.management import Management
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.ec2.metadata_use import MetadataUse
from ringfence.observations.ec2.network import Network
from ringfence.observations.ec2.origin import Origin
from ringfence.observations.ec2.tags import ImageTag, Tags
from ringfence.runbooks.harden_instance import HARDEN_INSTANCE
from tests.laws.test_convergence import applied, run
from tests.laws.test_permissions_are_exact import action, check, declared, demanded
from tests.support.delivery import Delivery
from tests.support.fakes.conversations import ways
from tests.support.samples.config import verdict
from tests.support.samples.states import state_change
from tests.support.strategies.hardening import IMAGE, OFFERED, STARTED, incidents, seen
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Call
    from ringfence.model.finding import Finding
    from ringfence.model.remediation import Remediation
    from ringfence.model.step import Step

FIX = HARDEN_INSTANCE.narrowed(one.id for one in HARDEN_INSTANCE.stages[0].members)
"""The stage of its own; what comes after it is any runbook's."""
EACH = pytest.mark.parametrize("remediation", FIX.remediations, ids=lambda one: one.id)
OWN = tuple(dict.fromkeys((*FIX.steps, *FIX.inverses)))


@EACH
@given(data=st.data(), incident=incidents())
def test_a_remediation_has_nothing_to_do_once_it_is_done(
    remediation: Remediation, data: st.DataObject, incident: Incident
) -> None:
    before = data.draw(seen(*remediation.observations))
    after = applied(before, remediation.plan(before, incident))
    assert remediation.plan(after, incident) == ()


@given(before=seen(), incident=incidents())
def test_the_runbook_has_nothing_to_do_once_it_is_done(before: ResourceState, incident: Incident) -> None:
    after, steps = run(FIX, before, incident)
    assert FIX.stages[0].plan(after, replace(incident, past=steps)) == ()
    assert [step for step in steps if step.state(after) is not State.AFTER] == []


@given(before=seen(), incident=incidents())
def test_undoing_the_runbook_gives_back_the_state(before: ResourceState, incident: Incident) -> None:
    after, steps = run(FIX, before, incident)
    way = undo(steps, after)
    assert (way.drifted, way.settling, way.kept) == ((), (), ())
    assert applied(after, way.steps) == before


@given(before=seen(), incident=incidents())
def test_a_plan_can_be_recorded_read_back_said_and_turned(before: ResourceState, incident: Incident) -> None:
    steps = FIX.stages[0].plan(before, incident)
    assert tuple(decode(encode(step)) for step in steps) == steps
    for step in steps:
        was, becomes = step.diff()
        back = step.inverse()
        assert step.describe() != back.describe()
        assert was != becomes
        assert step.state(before) is State.BEFORE
        assert (back.inverse(), back.target) == (step, step.target)
        assert back.diff() == (becomes, was)
        assert net_changes((step, back)) == ()


@given(before=seen(), incident=incidents())
def test_nothing_that_was_there_is_lost(before: ResourceState, incident: Incident) -> None:
    """One metadata option changes; a profile that is attached stays; no tag of others is touched."""
    after, steps = run(FIX, before, incident)
    was, becomes = before[Metadata].options, after[Metadata].options
    assert replace(becomes, tokens=was.tokens) == was
    assert before[Management].associations in {(), after[Management].associations}
    assert after[Tags] == before[Tags]
    assert {step.target.split("/")[2] for step in steps} <= {"metadata-options", "instance-profile", "tags"}


# Law 3


def busy() -> ResourceState:
    """An instance with everything to do."""
    facets: tuple[Observation, ...] = (
        Metadata(MetadataOptions(hop_limit=2)),
        MetadataUse(7),
        Origin("web", "lt-1"),
        FirstStart(),
        Management((), OFFERED),
        Network("running", ()),
        Tags(None),
        IMAGE,
        ImageTag(None),
    )
    return ResourceState(REF, {type(one): one for one in facets})


def examples() -> Iterator[Step]:
    """Yield examples of every class of step."""
    choices = (("image-age", "30"), ("image-owners", "self"), ("image-tag", ""))
    incident = Incident("inc-1", NOON, choices=choices, types=(STARTED,))
    for world in (busy(), busy().with_observation(ImageTag("of last year"))):
        for step in FIX.stages[0].plan(world, incident):
            yield from (step, step.inverse())


def calls_of(source: type[Observation | Step]) -> tuple[Call, ...]:
    """Return every call that a facet or a step may make."""
    if issubclass(source, Observation):
        return tuple(chain.from_iterable(ways(lambda: source.read(REF, ()))))
    steps = [step for step in examples() if type(step) is source]
    return tuple(call for step in steps for calls in ways(lambda step=step: step.apply({})) for call in calls)  # type: ignore[misc]  # a default is a type too


@pytest.mark.parametrize("source", [*FIX.observations, *OWN], ids=lambda one: one.__name__)
def test_what_is_declared_is_called_or_implied_and_its_calls_can_be_made(
    source: type[Observation | Step],
) -> None:
    calls = calls_of(source)
    assert {action(call) for call in calls} == declared(source.permissions)
    implied = {one for call in calls for one, _ in demanded(call)}
    assert implied == declared(source.permissions, implied=True)
    for call in calls:
        check(call)


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
