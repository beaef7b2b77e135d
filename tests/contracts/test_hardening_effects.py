"""What `harden-instance` takes for granted is true of EC2, CloudWatch and IAM on the local AWS.

Each step of a real plan is taken by the real driver: what is observed then is what the step declares as its
effect, and its inverse leads back.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.aws.cloud import AwsCloud
from ringfence.engine.undo import undo
from ringfence.local import LocalAws
from ringfence.local.estate import IMAGE
from ringfence.model.errors import NotFound
from ringfence.model.incident import Incident
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.step import State
from ringfence.observations.ec2.image import Image, Shown
from ringfence.observations.ec2.management import NAME, Management
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.ec2.metadata_use import MetadataUse
from ringfence.observations.ec2.origin import Origin
from ringfence.observations.ec2.tags import ImageTag
from ringfence.policy.decision import Permit
from ringfence.runbooks import load
from ringfence.runbooks.harden_instance import HARDEN_INSTANCE
from tests.contracts.test_cloud_effects import Estate, LocalClients
from tests.support.worlds import AUTO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step

OWN = tuple(one.id for one in HARDEN_INSTANCE.stages[0].members)


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@dataclass
class Case:
    """One instance, and a responder on it with a real clock: CloudWatch is asked about the last days."""

    aws: LocalAws
    ref: InstanceRef

    @property
    def cloud(self) -> AwsCloud:
        return AwsCloud(
            LocalClients(self.aws), lambda: datetime.now(UTC), lambda jobs: [job() for job in jobs]
        )

    def client(self, service: str) -> Any:  # noqa: ANN401 - made at run time
        return self.aws.client(service)

    def observe(self, *observations: type[Observation]) -> ResourceState:
        return self.cloud.observe(self.ref, observations)

    def take(self, step: Step) -> None:
        """Take one step between two looks."""
        before = self.observe(step.observation)
        assert step.state(before) is State.BEFORE, step
        permit = Permit.of(AUTO, self.ref, datetime.now(UTC) + timedelta(days=1))
        made = self.cloud.apply(self.ref, step, {}, permit)
        assert made.requests, "each call is recorded by its request id"
        after = self.observe(step.observation)
        assert step.state(after) is State.AFTER, step
        assert told(after) == told(step.effect(before)), step

    def fix(self, id_: str, **rules: str) -> tuple[Step, ...]:
        """Carry out a remediation and give back what it did."""
        remediation = load(id_)
        choices = HARDEN_INSTANCE.choose({name.replace("_", "-"): one for name, one in rules.items()})
        incident = Incident("inc-1", datetime.now(UTC), choices=choices)
        before = self.observe(*remediation.observations)
        steps = remediation.plan(before, incident)
        for step in steps:
            self.take(step)
        assert remediation.plan(self.observe(*remediation.observations), incident) == ()
        way = undo(steps, self.observe(*remediation.observations))
        assert (way.drifted, way.settling, way.kept) == ((), (), ())
        for step in way.steps:
            self.take(step)
        assert told(self.observe(*remediation.observations)) == told(before)
        return steps


def told(observed: ResourceState) -> ResourceState:
    """Leave out the ids of associations, which the service gives."""
    if Management not in observed:
        return observed
    management = observed[Management]
    nameless = tuple(replace(one, id="") for one in management.associations)
    return observed.with_observation(replace(management, associations=nameless))


@pytest.fixture
def estate(aws: LocalAws) -> Estate:
    return Estate(aws, f"t-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def case(estate: Estate) -> Case:
    """An instance without a profile, whose hop limit is not the default."""
    vpc, subnet = estate.vpc("10.3.0.0/24")
    made = estate.client("ec2").run_instances(
        ImageId=IMAGE,
        InstanceType="m5d.large",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[estate.group(vpc, "web")],
        MetadataOptions={"HttpPutResponseHopLimit": 3, "InstanceMetadataTags": "enabled"},
    )
    instance = made["Instances"][0]["InstanceId"]
    return Case(estate.aws, InstanceRef(estate.aws.account, estate.aws.region, instance))


@pytest.fixture
def offered(aws: LocalAws) -> Iterator[None]:
    """The profile and the role in it that their owner makes."""
    iam = aws.client("iam")
    trust = {"Version": "2012-10-17", "Statement": []}
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_instance_profile(InstanceProfileName=NAME)
    iam.add_role_to_instance_profile(InstanceProfileName=NAME, RoleName=NAME)
    yield
    iam.remove_role_from_instance_profile(InstanceProfileName=NAME, RoleName=NAME)
    iam.delete_instance_profile(InstanceProfileName=NAME)
    iam.delete_role(RoleName=NAME)


def test_a_token_is_required_and_every_other_option_kept(case: Case) -> None:
    before = case.observe(Metadata)[Metadata].options
    assert (before.hop_limit, before.tags) == (3, "enabled")
    (step,) = case.fix("require-imdsv2")
    assert isinstance(getattr(step, "after", None), MetadataOptions)
    assert step.diff()[1] == replace(before, tokens="required").key


def test_calls_without_a_token_are_those_of_the_last_days(case: Case) -> None:
    assert case.observe(MetadataUse)[MetadataUse].calls == 0
    dimensions = [{"Name": "InstanceId", "Value": case.ref.id}]
    for days, calls in ((1, 3), (10, 4), (20, 50)):
        case.client("cloudwatch").put_metric_data(
            Namespace="AWS/EC2",
            MetricData=[
                {
                    "MetricName": "MetadataNoToken",
                    "Dimensions": dimensions,
                    "Timestamp": datetime.now(UTC) - timedelta(days=days),
                    "Value": calls,
                    "Unit": "Count",
                }
            ],
        )
    assert case.observe(MetadataUse)[MetadataUse].calls == 7


@pytest.mark.usefixtures("offered")
def test_the_profile_is_attached_and_taken_back(case: Case) -> None:
    (step,) = case.fix("attach-management-profile")
    assert NAME in step.describe()


def test_without_the_profile_none_is_attached(case: Case) -> None:
    assert case.fix("attach-management-profile") == ()


@pytest.mark.usefixtures("offered")
def test_a_profile_that_is_there_is_left(case: Case, estate: Estate) -> None:
    case.client("ec2").associate_iam_instance_profile(
        InstanceId=case.ref.id, IamInstanceProfile={"Arn": estate.profile()}
    )
    assert case.fix("attach-management-profile") == ()


def test_an_image_of_another_owner_is_tagged_and_the_tag_removed(case: Case) -> None:
    (step,) = case.fix("report-unapproved-image", image_owners="self")
    assert step.diff() == ("none", "owner")
    assert case.fix("report-unapproved-image", image_owners="amazon", image_age="1") == ()


def test_a_tag_that_was_there_comes_back(case: Case) -> None:
    tag = {"Key": "ringfence:unapproved-image", "Value": "checked by hand"}
    case.client("ec2").create_tags(Resources=[case.ref.id], Tags=[tag])
    (step,) = case.fix("report-unapproved-image", image_tag="approved=true")
    assert step.diff() == ("checked by hand", "tag")
    assert case.observe(ImageTag)[ImageTag].reason == "checked by hand"


def test_an_image_is_own_tagged_and_then_deregistered(case: Case) -> None:
    ec2 = case.client("ec2")
    own = ec2.create_image(InstanceId=case.ref.id, Name=case.ref.id)["ImageId"]
    ec2.create_tags(Resources=[own], Tags=[{"Key": "approved", "Value": "true"}])
    started = ec2.run_instances(ImageId=own, InstanceType="m5d.large", MinCount=1, MaxCount=1)
    second = Case(case.aws, replace(case.ref, id=started["Instances"][0]["InstanceId"]))
    assert second.fix("report-unapproved-image", image_owners="self", image_tag="approved=true") == ()
    ec2.deregister_image(ImageId=own)
    assert second.observe(Image)[Image] == Image(own, Shown.NO)
    (step,) = second.fix("report-unapproved-image", image_owners="self")
    assert step.diff()[1] == "gone"


def test_an_instance_that_a_group_launched_names_it(case: Case, estate: Estate) -> None:
    _, subnet = estate.vpc("10.4.0.0/24")
    estate.client("ec2").create_launch_template(
        LaunchTemplateName=estate.name, LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.micro"}
    )
    scaling = estate.client("autoscaling")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=estate.name,
        LaunchTemplate={"LaunchTemplateName": estate.name},
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=subnet,
    )
    (group,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[estate.name])["AutoScalingGroups"]
    member = Case(case.aws, replace(case.ref, id=group["Instances"][0]["InstanceId"]))
    assert member.observe(Origin)[Origin].group == estate.name
    assert case.observe(Origin)[Origin] == Origin()


def test_an_instance_that_does_not_exist_is_gone_whatever_it_was_to_be_given(case: Case) -> None:
    gone = Case(case.aws, replace(case.ref, id="i-0123456789abcdef0"))
    for id_ in OWN:
        with pytest.raises(NotFound):
            gone.observe(*load(id_).observations)
