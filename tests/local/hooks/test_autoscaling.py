"""Auto Scaling groups and target groups of the local AWS, as evidence steps use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Fleet:
    """A group of two, behind a target group, with room for one less and one more."""

    client: Any
    elb: Any
    name: str
    target_group: str

    def states(self) -> dict[str, str]:
        group = self.client.describe_auto_scaling_groups(AutoScalingGroupNames=[self.name])
        instances = group["AutoScalingGroups"][0]["Instances"]
        return {instance["InstanceId"]: instance["LifecycleState"] for instance in instances}

    def registered(self) -> set[str]:
        health = self.elb.describe_target_health(TargetGroupArn=self.target_group)
        return {target["Target"]["Id"] for target in health["TargetHealthDescriptions"]}

    def detach(self, instance: str, *, decrement: bool) -> None:
        self.client.detach_instances(
            AutoScalingGroupName=self.name, InstanceIds=[instance], ShouldDecrementDesiredCapacity=decrement
        )

    def stand_by(self, instance: str, *, decrement: bool) -> None:
        self.client.enter_standby(
            AutoScalingGroupName=self.name, InstanceIds=[instance], ShouldDecrementDesiredCapacity=decrement
        )


@pytest.fixture
def fleet(aws: Any, ec2: Any, network: Any, unique: str) -> Fleet:
    elb, client = aws.client("elbv2"), aws.client("autoscaling")
    made = elb.create_target_group(Name=unique, Protocol="HTTP", Port=80, VpcId=network.vpc)
    target_group = made["TargetGroups"][0]["TargetGroupArn"]
    ec2.create_launch_template(LaunchTemplateName=unique, LaunchTemplateData={"ImageId": "ami-12c6146b"})
    client.create_auto_scaling_group(
        AutoScalingGroupName=unique,
        LaunchTemplate={"LaunchTemplateName": unique},
        MinSize=1,
        MaxSize=3,
        DesiredCapacity=2,
        VPCZoneIdentifier=network.subnet,
        TargetGroupARNs=[target_group],
    )
    return Fleet(client, elb, unique, target_group)


def test_members_are_in_service_and_registered(fleet: Fleet) -> None:
    assert set(fleet.states().values()) == {"InService"}
    assert fleet.registered() == set(fleet.states())
    instance = next(iter(fleet.states()))
    shown = fleet.client.describe_auto_scaling_instances(InstanceIds=[instance])["AutoScalingInstances"]
    assert [(each["AutoScalingGroupName"], each["LifecycleState"]) for each in shown] == [
        (fleet.name, "InService")
    ]


def test_a_detached_instance_leaves_group_and_targets_and_goes_on_running(
    fleet: Fleet, describe: Any
) -> None:
    gone, stays = fleet.states()
    fleet.detach(gone, decrement=True)
    assert set(fleet.states()) == {stays} == fleet.registered()
    assert describe(gone)["State"]["Name"] == "running"
    shown = fleet.client.describe_auto_scaling_instances(InstanceIds=[gone])["AutoScalingInstances"]
    assert shown == []


def test_without_decrement_a_replacement_comes_and_is_registered(fleet: Fleet) -> None:
    gone, stays = fleet.states()
    fleet.detach(gone, decrement=False)
    assert len(fleet.states()) == 2
    assert stays in fleet.states()
    assert fleet.registered() == set(fleet.states())


def test_going_below_the_minimum_is_refused(fleet: Fleet, refusal: Callable[..., str]) -> None:
    first, second = fleet.states()
    fleet.detach(first, decrement=True)
    for move in (fleet.detach, fleet.stand_by):
        assert refusal(move, instance=second, decrement=True) == "ValidationError"
    assert fleet.states() == {second: "InService"}


def test_an_instance_standing_by_is_deregistered_and_comes_back(fleet: Fleet) -> None:
    aside, stays = fleet.states()
    fleet.stand_by(aside, decrement=True)
    assert fleet.states() == {aside: "Standby", stays: "InService"}
    assert fleet.registered() == {stays}
    fleet.client.exit_standby(AutoScalingGroupName=fleet.name, InstanceIds=[aside])
    assert fleet.states() == {aside: "InService", stays: "InService"}
    assert fleet.registered() == {aside, stays}


def test_scaling_in_leaves_an_instance_that_stands_by_even_if_no_other_may_go(fleet: Fleet) -> None:
    aside, stays = fleet.states()
    fleet.stand_by(aside, decrement=True)
    fleet.client.set_instance_protection(
        AutoScalingGroupName=fleet.name, InstanceIds=[stays], ProtectedFromScaleIn=True
    )
    fleet.client.update_auto_scaling_group(AutoScalingGroupName=fleet.name, MinSize=0, DesiredCapacity=0)
    assert fleet.states() == {aside: "Standby", stays: "InService"}


def test_a_detached_instance_can_be_attached_again_once(fleet: Fleet, refusal: Callable[..., str]) -> None:
    moved, stays = fleet.states()
    fleet.detach(moved, decrement=True)
    fleet.client.attach_instances(AutoScalingGroupName=fleet.name, InstanceIds=[moved])
    assert set(fleet.states()) == {moved, stays} == fleet.registered()
    again = refusal(fleet.client.attach_instances, AutoScalingGroupName=fleet.name, InstanceIds=[moved])
    assert again == "ValidationError"


def test_moves_of_instances_that_are_not_members_are_refused(
    fleet: Fleet, refusal: Callable[..., str], launch: Callable[..., str]
) -> None:
    stranger = launch()
    for move in (fleet.detach, fleet.stand_by):
        assert refusal(move, instance=stranger, decrement=True) == "ValidationError"
    member = next(iter(fleet.states()))
    code = refusal(fleet.client.exit_standby, AutoScalingGroupName=fleet.name, InstanceIds=[member])
    assert code == "ValidationError"
    code = refusal(
        fleet.client.detach_instances,
        AutoScalingGroupName="no-such-group",
        InstanceIds=[member],
        ShouldDecrementDesiredCapacity=True,
    )
    assert code == "ValidationError"
