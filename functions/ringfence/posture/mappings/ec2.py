"""EC2: instances, volumes, security groups, subnets, flow logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ringfence.posture.mapping import Computed, lowered, mapped
from ringfence.posture.values import UNREAD

if TYPE_CHECKING:
    from ringfence.posture.mapping import Item

_RANGES = (
    ("ipv4Ranges", "cidrIp", "CidrIp"),
    ("ipv6Ranges", "cidrIpv6", "CidrIpv6"),
    ("prefixListIds", "prefixListId", "SourcePrefixListId"),
    ("userIdGroupPairs", "groupId", "SourceSecurityGroupId"),
)
"""The lists of a permission, the field of their elements, and CloudFormation's name of it."""


def _rules(field: str, item: Item) -> object:
    """Return one rule for each range, prefix list and group of a security group's permissions."""
    configuration = item.get("configuration")
    if not isinstance(configuration, Mapping) or field not in configuration:
        return UNREAD
    if configuration[field] and isinstance(configuration[field], str):
        return UNREAD  # it is a text in which there is no JSON
    return [rule for one in _mappings(configuration[field]) for rule in _rules_of(one)]


def _rules_of(permission: Mapping[str, object]) -> Iterator[dict[str, object]]:
    # A rule for all protocols has no ports: CloudFormation writes them as -1.
    given = {
        "IpProtocol": str(permission.get("ipProtocol", "")),
        "FromPort": _port(permission.get("fromPort")),
        "ToPort": _port(permission.get("toPort")),
    }
    for of, field, name in _RANGES:
        for one in _mappings(permission.get(of)):
            sources: dict[str, object] = {known: "" for _, _, known in _RANGES}
            yield {**given, **sources, name: str(one.get(field) or "")}


def _port(given: object) -> int:
    return given if isinstance(given, int) and not isinstance(given, bool) else -1


def _mappings(given: object) -> Iterator[Mapping[str, object]]:
    if isinstance(given, Sequence) and not isinstance(given, str):
        yield from (one for one in given if isinstance(one, Mapping))


_ELEMENTS = ("IpProtocol", "FromPort", "ToPort", *(name for _, _, name in _RANGES))


def _computed(property_: str, field: str) -> Computed:
    return Computed(property_, _ELEMENTS, partial(_rules, field), ("configuration", field))


INSTANCE = lowered(
    "AWS::EC2::Instance",
    *("ImageId", "InstanceType", "KeyName", "SubnetId", "VpcId", "EbsOptimized", "SourceDestCheck"),
    *("MetadataOptions.HttpTokens", "MetadataOptions.HttpEndpoint"),
    *("MetadataOptions.HttpPutResponseHopLimit", "SecurityGroups[].GroupId"),
    IamInstanceProfile="configuration.iamInstanceProfile.arn",
    PublicIp="configuration.publicIpAddress",
    **{"Monitoring.State": "configuration.monitoring.state", "State.Name": "configuration.state.name"},
)
VOLUME = lowered(
    "AWS::EC2::Volume",
    "Encrypted",
    "KmsKeyId",
    "Size",
    "Iops",
    "SnapshotId",
    "VolumeType",
    "AvailabilityZone",
)
SECURITY_GROUP = mapped(
    "AWS::EC2::SecurityGroup",
    (),
    {
        "GroupName": "configuration.groupName",
        "GroupDescription": "configuration.description",
        "VpcId": "configuration.vpcId",
    },
    str,
    computed=(
        _computed("SecurityGroupIngress", "ipPermissions"),
        _computed("SecurityGroupEgress", "ipPermissionsEgress"),
    ),
)
SUBNET = lowered(
    "AWS::EC2::Subnet", "CidrBlock", "MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "VpcId"
)
FLOW_LOG = lowered(
    "AWS::EC2::FlowLog",
    *("ResourceId", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName"),
    *("MaxAggregationInterval", "DeliverLogsStatus"),
)
