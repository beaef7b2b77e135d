"""AWS Config is asked to look again once it has recorded what the deployed functions put right."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.core.own import run_role
from ringfence.core.subject import SecurityGroupRef
from tests.e2e.world import applied
from tests.samples.bus import entry
from tests.samples.config import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.compliance import Compliance

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("compliance")]
RUNBOOK = "harden-network"
RULE = "OrgConfigRule-restricted-ssh-dbgzf8ba"
OPEN = {
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
}


@pytest.fixture
def config(compliance: Compliance) -> Iterator[Any]:
    """AWS Config with the rule, recording everything."""
    found, account = compliance.world.client("config"), compliance.world.local.account
    source = {"Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"}
    found.put_config_rule(ConfigRule={"ConfigRuleName": RULE, "Source": source})
    role = f"arn:aws:iam::{account}:role/config"
    found.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    found.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "items"})
    found.start_configuration_recorder(ConfigurationRecorderName="default")
    yield found
    found.stop_configuration_recorder(ConfigurationRecorderName="default")
    found.delete_delivery_channel(DeliveryChannelName="default")
    found.delete_configuration_recorder(ConfigurationRecorderName="default")


@pytest.mark.shows("evaluate-rule")
def test_the_rule_that_judged_is_evaluated_again_when_the_fix_is_recorded(
    compliance: Compliance,
    config: Any,  # noqa: ANN401 - boto3's clients are made at run time
) -> None:
    world = compliance.world
    ec2, local = world.client("ec2"), world.local
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    name = world.builder().name
    group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    ref = SecurityGroupRef(local.account, local.region, group)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[OPEN])

    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    compliance.put(entry(verdict(RULE, "AWS::EC2::SecurityGroup", group, ref.account, ref.region, at=at)))
    history = compliance.over(RUNBOOK, ref)

    asked = [target for target in applied(history) if target.startswith("config-rule/")]
    assert sorted(asked) == [f"config-rule/{ref.region}/{RULE}", f"config-rule/{ref.region}/{RULE}/noted"]
    (item,) = config.get_resource_config_history(resourceType="AWS::EC2::SecurityGroup", resourceId=group)[
        "configurationItems"
    ]
    (status,) = config.describe_config_rule_evaluation_status(ConfigRuleNames=[RULE])[
        "ConfigRulesEvaluationStatus"
    ]
    assert status["LastSuccessfulEvaluationTime"] > item["configurationItemCaptureTime"]
    (call,) = world.calls("StartConfigRulesEvaluation", RULE)
    assert call["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == run_role(RUNBOOK)
    assert compliance.verdict(RUNBOOK, ref).sound
