"""A failed control of Security Hub about a security group that is open to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.samples import security_hub
from ringfence.model.kinds import parse_key

if TYPE_CHECKING:
    from ringfence.model.subject import Ref
    from tests.e2e.compliance import Compliance


def hub(intake: Compliance) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
    """Return a client of Security Hub, which is enabled."""
    found = intake.world.client("securityhub")
    found.enable_security_hub()
    return found


def open_group(intake: Compliance, name: str) -> Ref:
    """Create a security group that is open to everybody."""
    local, ec2 = intake.world.local, intake.world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group: str = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    everybody = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everybody])
    return parse_key(f"security-group/{local.account}/{local.region}/{group}")


def permissions(intake: Compliance, group: Ref) -> list[object]:
    """Return what a group lets in."""
    ec2 = intake.world.client("ec2")
    (left,) = ec2.describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    found: list[object] = left["IpPermissions"]
    return found


def failed(intake: Compliance, group: Ref) -> dict[str, Any]:
    """Return the finding of EC2.13 about a group. AWS Config has the rule behind it."""
    local = intake.world.local
    finding = security_hub.control(
        AwsAccountId=local.account,
        Region=local.region,
        Id=f"arn:aws:securityhub:{local.region}:{local.account}:security-control/EC2.13/finding/{group.id}",
        Resources=[
            {
                "Type": "AwsEc2SecurityGroup",
                "Id": f"arn:aws:ec2:{local.region}:{local.account}:security-group/{group.id}",
            }
        ],
        Compliance={"Status": "FAILED", "SecurityControlId": "EC2.13"},
    )
    source = {"Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"}
    rule = {"ConfigRuleName": finding["ProductFields"]["RelatedAWSResources:0/name"], "Source": source}
    intake.world.client("config").put_config_rule(ConfigRule=rule)
    return finding
