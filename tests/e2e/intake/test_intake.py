"""What Security Hub contains reaches the runbooks through the deployed rule, queue, function and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.samples import security_hub
from ringfence.model.kinds import parse_key
from ringfence.record.facts import FindingReceived
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e


def test_a_failed_control_is_remediated(intake: Compliance) -> None:
    local, ec2 = intake.world.local, intake.world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="open", Description="open", VpcId=vpc)["GroupId"]
    everybody = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everybody])
    arn = f"arn:aws:ec2:{local.region}:{local.account}:security-group/{group}"
    finding = security_hub.control(
        AwsAccountId=local.account,
        Region=local.region,
        Resources=[{"Type": "AwsEc2SecurityGroup", "Id": arn}],
    )
    source = {"Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"}
    rule = {"ConfigRuleName": finding["ProductFields"]["RelatedAWSResources:0/name"], "Source": source}
    intake.world.client("config").put_config_rule(ConfigRule=rule)
    intake.put(entry(security_hub.imported(finding)))
    ref = parse_key(f"security-group/{local.account}/{local.region}/{group}")
    history = intake.over("harden-network", ref)
    assert [one.finding.type for one in history.of(FindingReceived)] == ["Config:restricted-ssh"]
    (left,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert left["IpPermissions"] == []
