"""IAM enforcement of the local AWS knows profiles, policies that are made, groups and subscriptions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IAM = "arn:aws:iam::111122223333"
SCALING = "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:*:autoScalingGroupName"
TARGETS = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup"


@pytest.fixture(scope="module")
def enforced() -> Iterator[LocalAws]:
    with LocalAws(enforce_iam=True) as running:
        yield running


@pytest.fixture
def caller(enforced: LocalAws, unique: str) -> Callable[..., Any]:
    """Give a function: a client of a user who may do one action on one resource."""
    iam = enforced.client("iam")
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]

    def allowed(action: str, on: str) -> Any:
        statement = {"Effect": "Allow", "Action": action, "Resource": on}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=unique, PolicyName="only", PolicyDocument=document)
        return enforced.client(
            {"elasticloadbalancing": "elbv2"}.get(service := action.partition(":")[0], service),
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    return allowed


def test_an_instance_profile_is_known_by_its_path(
    enforced: LocalAws, caller: Any, unique: str, refusal: Callable[..., str]
) -> None:
    enforced.client("iam").create_instance_profile(InstanceProfileName=unique, Path="/team/")
    profile, action = {"InstanceProfileName": unique}, "iam:GetInstanceProfile"
    caller(action, f"{IAM}:instance-profile/team/*").get_instance_profile(**profile)
    elsewhere = caller(action, f"{IAM}:instance-profile/other/*")
    assert refusal(elsewhere.get_instance_profile, **profile) == "AccessDenied"


def test_an_auto_scaling_group_is_known_by_its_name(
    enforced: LocalAws,
    caller: Any,
    unique: str,
    launch_for: Callable[[LocalAws], str],
    refusal: Callable[..., str],
) -> None:
    instance, scaling = launch_for(enforced), enforced.client("autoscaling")
    template = {"LaunchTemplateName": unique, "LaunchTemplateData": {"ImageId": "ami-12c6146b"}}
    enforced.client("ec2").create_launch_template(**template)
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=unique,
        LaunchTemplate={"LaunchTemplateName": unique},
        MinSize=0,
        MaxSize=2,
        AvailabilityZones=["us-east-1a"],
    )
    wanted = {"AutoScalingGroupName": unique, "InstanceIds": [instance]}
    elsewhere = caller("autoscaling:AttachInstances", f"{SCALING}/other")
    assert refusal(elsewhere.attach_instances, **wanted) == "AccessDenied"
    caller("autoscaling:AttachInstances", f"{SCALING}/{unique}").attach_instances(**wanted)


def test_a_target_group_is_known_by_its_arn(
    enforced: LocalAws,
    caller: Any,
    unique: str,
    launch_for: Callable[[LocalAws], str],
    refusal: Callable[..., str],
) -> None:
    instance = launch_for(enforced)
    vpc = enforced.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = enforced.client("elbv2").create_target_group(Name=unique, Protocol="HTTP", Port=80, VpcId=vpc)
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    wanted = {"TargetGroupArn": arn, "Targets": [{"Id": instance}]}
    action = "elasticloadbalancing:RegisterTargets"
    assert refusal(caller(action, f"{TARGETS}/other/*").register_targets, **wanted) == "AccessDenied"
    caller(action, f"{TARGETS}/{unique}/*").register_targets(**wanted)


@pytest.fixture
def launch_for() -> Callable[[LocalAws], str]:
    """Give a function that launches an instance in the default VPC."""

    def launch(aws: LocalAws) -> str:
        run = aws.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
        instance: str = run["Instances"][0]["InstanceId"]
        return instance

    return launch


def test_a_key_is_its_users(
    enforced: LocalAws, caller: Any, unique: str, refusal: Callable[..., str]
) -> None:
    iam, action = enforced.client("iam"), "iam:GetAccessKeyLastUsed"
    iam.create_user(UserName=f"{unique}-victim", Path="/team/")
    key = iam.create_access_key(UserName=f"{unique}-victim")["AccessKey"]["AccessKeyId"]
    caller(action, f"{IAM}:user/team/*").get_access_key_last_used(AccessKeyId=key)
    elsewhere = caller(action, f"{IAM}:user/other/*")
    assert refusal(elsewhere.get_access_key_last_used, AccessKeyId=key) == "AccessDenied"


def test_a_policy_that_is_made_is_known_by_its_path(
    caller: Any, unique: str, refusal: Callable[..., str]
) -> None:
    nothing = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [nothing]})
    policy, action = {"PolicyName": unique, "PolicyDocument": document}, "iam:CreatePolicy"
    client = caller(action, f"{IAM}:policy/team/*")
    assert refusal(client.create_policy, **policy) == "AccessDenied"
    assert refusal(client.create_policy, Path="/other/", **policy) == "AccessDenied"
    client.create_policy(Path="/team/", **policy)


def test_a_subscription_is_known_by_its_topic(
    enforced: LocalAws, caller: Any, unique: str, refusal: Callable[..., str]
) -> None:
    sns, topics = enforced.client("sns"), f"arn:aws:sns:us-east-1:{enforced.account}"
    topic = sns.create_topic(Name=unique)["TopicArn"]
    queue = {"Protocol": "sqs", "Endpoint": f"arn:aws:sqs:us-east-1:{enforced.account}:{unique}"}
    made = sns.subscribe(TopicArn=topic, ReturnSubscriptionArn=True, **queue)
    one, action = {"SubscriptionArn": made["SubscriptionArn"]}, "sns:GetSubscriptionAttributes"
    elsewhere = caller(action, f"{topics}:other")
    assert refusal(elsewhere.get_subscription_attributes, **one) == "AuthorizationError"
    shown = caller(action, topic).get_subscription_attributes(**one)["Attributes"]
    assert shown["TopicArn"] == topic


def test_the_data_protection_policy_of_a_topic_is_known_by_the_topic(
    enforced: LocalAws, caller: Any, unique: str, refusal: Callable[..., str]
) -> None:
    topic = enforced.client("sns").create_topic(Name=unique)["TopicArn"]
    action = "sns:GetDataProtectionPolicy"
    elsewhere = caller(action, f"arn:aws:sns:us-east-1:{enforced.account}:other")
    assert refusal(elsewhere.get_data_protection_policy, ResourceArn=topic) == "AuthorizationError"
    assert (
        refusal(caller(action, topic).get_data_protection_policy, ResourceArn=topic) != "AuthorizationError"
    )
