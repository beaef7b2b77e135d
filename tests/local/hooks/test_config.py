"""AWS Config of the local AWS: rules are evaluated when asked, and what CloudTrail saw is recorded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-north-1"
"""One of its own: there is one recorder a region."""


@pytest.fixture
def config(aws: Any) -> Any:
    return aws.client("config", region=REGION)


@pytest.fixture
def rule(config: Any, unique: str) -> str:
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    config.put_config_rule(ConfigRule={"ConfigRuleName": unique, "Source": source})
    return unique


@pytest.fixture
def recorder(aws: Any, config: Any) -> str:
    """A recorder that runs."""
    role = f"arn:aws:iam::{aws.account}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "items"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    return "default"


def last(config: Any, rule: str) -> Any:
    found = config.describe_config_rule_evaluation_status(ConfigRuleNames=[rule])
    return found["ConfigRulesEvaluationStatus"][0].get("LastSuccessfulEvaluationTime")


def test_a_rule_is_evaluated_when_it_is_asked_for(config: Any, rule: str) -> None:
    assert last(config, rule) is None
    config.start_config_rules_evaluation(ConfigRuleNames=[rule])
    first = last(config, rule)
    config.start_config_rules_evaluation(ConfigRuleNames=[rule])
    assert last(config, rule) > first


def test_a_rule_that_does_not_exist_is_neither_evaluated_nor_described(
    config: Any, unique: str, refusal: Callable[..., str]
) -> None:
    for call in (config.start_config_rules_evaluation, config.describe_config_rule_evaluation_status):
        assert refusal(call, ConfigRuleNames=[unique]) == "NoSuchConfigRuleException"


def test_a_running_recorder_has_an_item_of_the_last_change(
    aws: Any, config: Any, recorder: str, refusal: Callable[..., str]
) -> None:
    ec2 = aws.client("ec2", region=REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    wanted = {"resourceType": "AWS::EC2::SecurityGroup", "resourceId": group}
    began = time.time()
    ec2.create_tags(Resources=[group], Tags=[{"Key": "k", "Value": "v"}])
    (item,) = config.get_resource_config_history(**wanted)["configurationItems"]
    assert item["configurationItemCaptureTime"].timestamp() >= int(began)
    assert item["resourceId"] == group
    ec2.describe_security_groups(GroupIds=[group])
    assert config.get_resource_config_history(**wanted)["configurationItems"] == [item]
    unseen = {**wanted, "resourceId": "sg-0123456789abcdef0"}
    assert refusal(config.get_resource_config_history, **unseen) == "ResourceNotDiscoveredException"
    config.stop_configuration_recorder(ConfigurationRecorderName=recorder)
    code = refusal(config.get_resource_config_history, **wanted)
    assert code == "NoAvailableConfigurationRecorderException"
