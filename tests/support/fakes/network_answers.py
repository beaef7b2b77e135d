"""Answers to what `harden-network` asks, in the shapes that the services publish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUP_ID, VPC_ID, FLOW_LOG_ID = "sg-0123456789abcdef0", "vpc-0123456789abcdef0", "fl-0123456789abcdef0"
LIST_ID = "pl-0123456789abcdef0"
INCIDENT = "inc-20260301T120000.000000-0123456789"
BUCKET = "arn:aws:s3:::flow-logs-of-everybody"
LOG_GROUP = f"arn:aws:logs:{REF.region}:{REF.account}:log-group:/vpc/flow-logs"
ROLE = f"arn:aws:iam::{REF.account}:role/ringfence-flow-logs"


def rule(number: int, *, egress: bool = False, **more: object) -> dict[str, object]:
    """Make a rule as EC2 describes it: by itself, TCP 22 from the world."""
    plain = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0", "Tags": []}
    peers = {"CidrIpv6", "PrefixListId", "ReferencedGroupInfo"}
    if peers & more.keys():
        del plain["CidrIpv4"]
    return {
        "SecurityGroupRuleId": f"sgr-{number:017x}",
        "GroupId": GROUP_ID,
        "GroupOwnerId": REF.account,
        "IsEgress": egress,
        **plain,
        **more,
    }


RULES = (
    rule(1),
    rule(2, IpProtocol="-1", FromPort=-1, ToPort=-1, egress=True),
    rule(3, CidrIpv6="::/0", Description="for a day", Tags=[{"Key": "team", "Value": "web"}]),
    rule(4, PrefixListId=LIST_ID),
    rule(5, ReferencedGroupInfo={"GroupId": "sg-0fedcba9876543210", "UserId": REF.account}),
)
RECORD = {
    "eventName": "CreateFlowLogs",
    "requestParameters": {
        "CreateFlowLogsRequest": {
            "ResourceId": {"tag": 1, "content": VPC_ID},
            "ResourceType": "VPC",
            "TrafficType": "ALL",
            "LogDestinationType": "s3",
            "LogDestination": BUCKET,
            "MaxAggregationInterval": 60,
        }
    },
    "responseElements": {
        "CreateFlowLogsResponse": {"unsuccessful": "", "flowLogIdSet": {"item": FLOW_LOG_ID}}
    },
}
"""CloudTrail's record of a flow log being made."""
MADE = {
    "EventId": "e-2",
    "EventName": "CreateFlowLogs",
    "EventTime": NOON,
    "CloudTrailEvent": json.dumps(RECORD),
}
LOG: Mapping[str, object] = {
    "FlowLogId": "fl-0fedcba9876543210",
    "FlowLogStatus": "ACTIVE",
    "ResourceId": VPC_ID,
    "TrafficType": "ALL",
    "LogDestinationType": "s3",
    "LogDestination": BUCKET,
    "DeliverLogsStatus": "SUCCESS",
    "MaxAggregationInterval": 600,
    "Tags": [{"Key": "ringfence:incident", "Value": INCIDENT}],
}
ITEM = {
    "resourceType": "AWS::EC2::FlowLog",
    "resourceId": FLOW_LOG_ID,
    "configurationItemCaptureTime": NOON,
    "configurationItemStatus": "OK",
    "configuration": json.dumps(
        {"ResourceId": VPC_ID, "TrafficType": "ALL", "LogDestinationType": "s3", "LogDestination": BUCKET}
    ),
}
"""AWS Config's record of a flow log."""
NETWORK_ANSWERS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "config:GetResourceConfigHistory": ({"configurationItems": [ITEM]}, {"configurationItems": []}),
    "ec2:CreateFlowLogs": (
        {"FlowLogIds": [FLOW_LOG_ID], "Unsuccessful": []},
        {
            "FlowLogIds": [],
            "Unsuccessful": [{"ResourceId": VPC_ID, "Error": {"Code": "400", "Message": "no such bucket"}}],
        },
    ),
    "ec2:DeleteFlowLogs": ({"Unsuccessful": []},),
    "ec2:DescribeFlowLogs": ({"FlowLogs": [LOG]}, {"FlowLogs": []}),
    "ec2:DescribeNetworkInterfaces": (
        {
            "NetworkInterfaces": [
                {"NetworkInterfaceId": "eni-0", "Attachment": {"InstanceId": REF.id, "Status": "attached"}}
            ]
        },
        {"NetworkInterfaces": []},
    ),
    "ec2:DescribeSecurityGroupRules": ({"SecurityGroupRules": RULES}, {"SecurityGroupRules": []}),
    "ec2:DescribeVpcs": ({"Vpcs": [{"VpcId": VPC_ID, "OwnerId": REF.account}]}, {"Vpcs": []}),
    "ec2:GetManagedPrefixListEntries": ({"Entries": [{"Cidr": "0.0.0.0/0"}]}, {"Entries": []}),
}
