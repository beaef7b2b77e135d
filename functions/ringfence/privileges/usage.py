"""What principals used, from CloudTrail's records. Pure.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.privileges.calls import NEEDS_NOTHING, actions_for, service_of

if TYPE_CHECKING:
    from ringfence.model.document import Document
    from ringfence.privileges.actions import Action, ResourceType

_DENIED = ("AccessDenied", "UnauthorizedOperation", "Client.UnauthorizedOperation", "AccessDeniedException")
_PLACE = re.compile(r"\$\{(\w+)\}")
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "BucketName": ("bucketName",),
    "ObjectName": ("key",),
    "TableName": ("tableName",),
    "FunctionName": ("functionName",),
    "InstanceId": ("instanceId",),
    "VolumeId": ("volumeId",),
    "SnapshotId": ("snapshotId",),
    "ImageId": ("imageId",),
    "SecurityGroupId": ("groupId", "securityGroupId"),
    "SubnetId": ("subnetId",),
    "VpcId": ("vpcId",),
    "NetworkInterfaceId": ("networkInterfaceId",),
    "KeyId": ("keyId",),
    "SecretId": ("secretId",),
    "QueueName": ("queueName",),
    "TopicName": ("topicName",),
    "LogGroupName": ("logGroupName",),
    "ParameterNameWithoutLeadingSlash": ("name",),
    "RepositoryName": ("repositoryName",),
    "ClusterName": ("clusterName", "cluster"),
    "RoleNameWithPath": ("roleName",),
    "UserNameWithPath": ("userName",),
    "PolicyNameWithPath": ("policyName",),
    "InstanceProfileNameWithPath": ("instanceProfileName",),
    "GroupNameWithPath": ("groupName",),
    "StackName": ("stackName",),
    "DbInstanceName": ("dBInstanceIdentifier",),
    "RuleName": ("name",),
    "TrailName": ("name", "trailName"),
    "RouteTableId": ("routeTableId",),
    "VpcFlowLogId": ("flowLogId",),
}
"""The parameters of requests that contain what a placeholder of an ARN stands for."""
_MOST = 500
"""Values of one parameter that are looked at. A request is written by its caller."""
_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc"))
"""How the names of the Regions of other partitions begin.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""
_NAME = re.compile(r"[\w+=,.@:/!-]{1,1024}", re.ASCII)
"""What can be part of an ARN. `*` and `?` would be wildcards."""


@frozen
class Use:
    """An action that a principal used on some resources.

    `resources` are the ARNs that the record names. IAM asks for each type of resource that an action needs.
    `unnamed` are patterns for those that the record does not name, in the account and region of the call.
    """

    action: Action
    resources: tuple[str, ...]
    unnamed: tuple[str, ...]
    region: str


@frozen
class Unknown:
    """A recorded call for which no action is known, or that was denied."""

    service: str
    operation: str
    why: str


def principal_of(record: Document) -> str:
    """Return the ARN of the user or role behind a record. Empty for AWS services and unknown identities.

    A session of a role stands for the role.
    """
    identity = record.optional_child("userIdentity")
    issuer = identity.optional_child("sessionContext").optional_child("sessionIssuer")
    return issuer.optional_text("arn") or identity.optional_text("arn") or ""


def uses(record: Document) -> Iterator[Use | Unknown]:
    """Yield what a record shows. Raises BadInput that names the field.

    A call that was denied shows no need: it is Unknown with that reason.
    """
    service, operation = service_of(record.text("eventSource")), record.text("eventName")
    signs_in = record.optional_text("eventType") == "AwsConsoleSignIn"
    if signs_in or (service, operation.lower()) in NEEDS_NOTHING:
        return
    code = record.optional_text("errorCode") or ""
    if code.startswith(_DENIED):
        yield Unknown(service, operation, "denied")
        return
    found = actions_for(service, operation)
    if not found:
        yield Unknown(service, operation, "no action of IAM has this name")
    region = record.optional_text("awsRegion") or ""
    account = record.optional_text("recipientAccountId") or ""
    for action in found:
        yield _use(record, action, region, account)


def _use(record: Document, action: Action, region: str, account: str) -> Use:
    parameters = record.value.get("requestParameters")
    given = [*_arns(record), *_texts(parameters, None)]
    named: dict[str, None] = {}
    missing = []
    for type_ in action.resource_types:
        pattern = _pattern(type_.template)
        known = [arn for arn in given if pattern.fullmatch(arn)]
        found = known or list(_filled(type_, parameters, region, account))
        named.update(dict.fromkeys(found))
        if not found:
            missing.append(type_)
    required = [one for one in missing if one.required]
    needed = required if required or named else missing
    patterns = (_any(one, region, account) for one in needed)
    return Use(action, tuple(named), tuple(dict.fromkeys(patterns)), region)


def _any(type_: ResourceType, region: str, account: str) -> str:
    """Return a pattern for any resource of a type."""
    known = {"Partition": _partition(region), "Region": region or "*", "Account": account or "*"}
    return _PLACE.sub(lambda match: known.get(match[1], "*"), type_.template)


def _partition(region: str) -> str:
    return next((found for start, found in _PARTITIONS if region.startswith(start)), "aws")


def _arns(record: Document) -> Iterator[str]:
    for one in record.children("resources"):
        arn = one.value.get("ARN") or one.value.get("arn")
        if isinstance(arn, str):
            yield arn


def _pattern(template: str) -> re.Pattern[str]:
    parts = (
        re.escape(part) if index % 2 == 0 else "[^*?]+" for index, part in enumerate(_PLACE.split(template))
    )
    return re.compile("".join(parts))


def _filled(type_: ResourceType, parameters: object, region: str, account: str) -> Iterator[str]:
    """Yield ARNs from the parameters of a request. Yield none if one part of the ARN is in no parameter."""
    fixed = {"Partition": _partition(region), "Region": region, "Account": account}
    arns = [type_.template]
    for name in dict.fromkeys(_PLACE.findall(type_.template)):
        values = [fixed[name]] if name in fixed else _values(name, parameters)
        arns = [arn.replace(f"${{{name}}}", value.lstrip("/")) for arn in arns for value in values][:_MOST]
    yield from arns


def _values(name: str, parameters: object) -> list[str]:
    return list(dict.fromkeys(_texts(parameters, _ALIASES.get(name, (name[:1].lower() + name[1:],)))))


def _texts(value: object, names: Sequence[str] | None, *, inside: bool = False) -> Iterator[str]:
    """Yield the texts under some names, at any depth. Without names, yield every ARN."""
    if isinstance(value, Mapping):
        for key, one in list(value.items())[:_MOST]:
            yield from _texts(one, names, inside=names is None or key in names)
    elif isinstance(value, list):
        for one in value[:_MOST]:
            yield from _texts(one, names, inside=inside)
    elif isinstance(value, str) and _NAME.fullmatch(value):
        wanted = value.startswith("arn:") if names is None else inside
        yield from (value,) if wanted else ()


def is_by(record: Document, principal: str) -> bool:
    """Return whether a record is of a principal: an ARN, or the name of a user or role."""
    arn = principal_of(record)
    return bool(arn) and principal in {arn, arn.rpartition("/")[2]}
