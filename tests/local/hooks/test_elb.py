"""Target groups of the local AWS, as evidence steps and their release use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def elb(aws: Any) -> Any:
    return aws.client("elbv2")


@pytest.fixture
def target_group(elb: Any, network: Any, unique: str) -> str:
    made = elb.create_target_group(Name=unique, Protocol="HTTP", Port=80, VpcId=network.vpc)
    arn: str = made["TargetGroups"][0]["TargetGroupArn"]
    return arn


def registered(elb: Any, target_group: str) -> list[tuple[str, int]]:
    health = elb.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
    return [(each["Target"]["Id"], each["Target"]["Port"]) for each in health]


@pytest.mark.parametrize("port", [80, 8080])
def test_a_target_is_registered_and_deregistered_at_its_port(
    elb: Any, target_group: str, launch: Callable[..., str], port: int
) -> None:
    targets = [{"Id": launch(), "Port": port}]
    elb.register_targets(TargetGroupArn=target_group, Targets=targets)
    assert registered(elb, target_group) == [(targets[0]["Id"], port)]
    elb.deregister_targets(TargetGroupArn=target_group, Targets=targets)
    assert registered(elb, target_group) == []


def test_deregistering_what_is_not_registered_succeeds_and_does_nothing(
    elb: Any, target_group: str, launch: Callable[..., str]
) -> None:
    there, absent = launch(), launch()
    elb.register_targets(TargetGroupArn=target_group, Targets=[{"Id": there, "Port": 8080}])
    elb.deregister_targets(TargetGroupArn=target_group, Targets=[{"Id": absent}])
    elb.deregister_targets(TargetGroupArn=target_group, Targets=[{"Id": there}])
    assert registered(elb, target_group) == [(there, 8080)]


def test_the_target_groups_of_an_instance_can_be_found(
    elb: Any, target_group: str, launch: Callable[..., str]
) -> None:
    target = launch()
    elb.register_targets(TargetGroupArn=target_group, Targets=[{"Id": target}])
    holding = [
        group["TargetGroupArn"]
        for page in elb.get_paginator("describe_target_groups").paginate()
        for group in page["TargetGroups"]
        if (target, 80) in registered(elb, group["TargetGroupArn"])
    ]
    assert holding == [target_group]
