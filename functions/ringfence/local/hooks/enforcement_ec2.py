"""The IAM checks of an EC2 call: actions, resources and condition keys.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READS = ("Describe", "Get", "Search")
# Launching uses a dozen kinds of resource, and Ringfence launches nothing.
_READS_OF_A_RESOURCE = ("GetManagedPrefixListEntries",)
_LEFT_TO_MINISTACK = ("RunInstances",)
_KIND_OF_PREFIX = {
    "i": "instance",
    "sg": "security-group",
    "vol": "volume",
    "snap": "snapshot",
    "eni": "network-interface",
    "vpc": "vpc",
    "subnet": "subnet",
    "ami": "image",
    "lt": "launch-template",
    "acl": "network-acl",
    "fl": "vpc-flow-log",
    "pl": "prefix-list",
}
_MAKES = {"CreateFlowLogs": ("vpc-flow-log",)}
_NAMES_A_RESOURCE = (
    r"InstanceId(\.\d+)?",
    r"NetworkInterfaceId",
    r"SecurityGroupId\.\d+",
    r"GroupSet\.\d+",
    r"GroupId(\.\d+)?",
    r"NetworkAclId",
    r"VolumeId",
    r"SnapshotId",
    r"ResourceId\.\d+",
    r"FlowLogId\.\d+",
    r"PrefixListId",
)


@dataclass(frozen=True)
class Check:
    """One check: `action` on `arn`, with `context` as condition keys."""

    action: str
    arn: str
    context: Mapping[str, Any] = field(default_factory=dict)


def checks(params: Mapping[str, Any], region: str, account: str) -> tuple[Check, ...]:
    """Return the checks of a call with these query parameters. If empty, ministack's own check applies."""
    call = _Call(params, region, account)
    reads = call.action.startswith(_READS) and call.action not in _READS_OF_A_RESOURCE
    if reads or call.action in _LEFT_TO_MINISTACK:
        return ()
    return tuple(call.checks())


class _Call:
    def __init__(self, params: Mapping[str, Any], region: str, account: str) -> None:
        from moto.ec2.models import ec2_backends

        self._params = params
        self._region = region
        self._account = account
        self._backend = ec2_backends[account][region]
        self.action = next(self._values("Action"), "")

    def checks(self) -> Iterator[Check]:
        asked = self._request_tags()
        for arn in self._resources():
            yield Check(f"ec2:{self.action}", arn, self._tags(arn) | asked)
        for kind in self._values(r"TagSpecification\.\d+\.ResourceType"):
            yield Check("ec2:CreateTags", self._arn(kind, "*"), {"ec2:createaction": self.action} | asked)
        if self.action in ("AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"):
            for role in self._roles_of_profile():
                yield Check("iam:PassRole", role, {"iam:passedtoservice": "ec2.amazonaws.com"})
        if self.action in ("CreateFlowLogs", "DeleteFlowLogs"):
            yield from self._delivery()

    def _resources(self) -> Iterator[str]:
        match self.action:
            case "CreateTags" | "DeleteTags":
                yield from map(self._arn_of, self._values(r"ResourceId\.\d+"))
            case "CreateSnapshots":
                for instance in self._values(r"InstanceSpecification\.InstanceId"):
                    yield self._arn_of(instance)
                    yield from map(self._arn_of, self._volumes(instance))
                yield self._arn("snapshot", "*")
            case "CreateSecurityGroup":
                yield self._arn("security-group", "*")
                yield from map(self._arn_of, self._values("VpcId"))
            case "DisassociateIamInstanceProfile" | "ReplaceIamInstanceProfileAssociation":
                wanted = set(self._values("AssociationId"))
                for instance, association in self._backend.iam_instance_profile_associations.items():
                    if association.association_id in wanted:
                        yield self._arn_of(instance)
            case "AssociateIamInstanceProfile":
                yield from map(self._arn_of, self._values("InstanceId"))
            case _:
                yield from map(self._any, _MAKES.get(self.action, ()))
                for name in _NAMES_A_RESOURCE:
                    yield from map(self._arn_of, self._values(name))

    def _delivery(self) -> Iterator[Check]:
        """Flow logs: the call passes the role. For S3 the caller creates and deletes the delivery."""
        for role in self._values("DeliverLogsPermissionArn"):
            yield Check("iam:PassRole", role, {"iam:passedtoservice": "vpc-flow-logs.amazonaws.com"})
        known = self._backend.flow_logs
        kinds = [known[one].log_destination_type for one in self._values(r"FlowLogId\.\d+") if one in known]
        if "s3" in (*self._values("LogDestinationType"), *kinds):
            begins = ["logs:CreateLogDelivery"] if self.action == "CreateFlowLogs" else []
            for action in (*begins, "logs:DeleteLogDelivery"):
                yield Check(action, "*")

    def _volumes(self, instance: str) -> list[str]:
        found = self._backend.get_instance_by_id(instance)
        return [device.volume_id for device in found.block_device_mapping.values()] if found else []

    def _roles_of_profile(self) -> Iterator[str]:
        from ministack.services import iam

        named = next(self._values(r"IamInstanceProfile\.(Name|Arn)"), "").rsplit("/", 1)[-1]
        for role in (iam._lookup_instance_profile(name=named) or {}).get("Roles", []):
            name = role if isinstance(role, str) else role["RoleName"]
            yield (iam._roles.get(name) or {}).get("Arn", f"arn:aws:iam::{self._account}:role/{name}")

    def _request_tags(self) -> dict[str, Any]:
        """Return the condition keys for the tags of a new resource."""
        tags = {
            key: next(self._values(f"{re.escape(name[: -len('Key')])}Value"), "")
            for name in sorted(self._params)
            if re.fullmatch(r"TagSpecification\.\d+\.Tag\.\d+\.Key", name)
            for key in self._values(re.escape(name))
        }
        keys = {"aws:tagkeys": list(tags)} if tags else {}
        return {f"aws:requesttag/{key}".lower(): value for key, value in tags.items()} | keys

    def _tags(self, arn: str) -> dict[str, Any]:
        resource = arn.rsplit("/", 1)[-1]
        tags = [] if resource == "*" else self._backend.describe_tags(filters={"resource-id": [resource]})
        return {
            f"{prefix}:resourcetag/{tag['key']}".lower(): tag["value"]
            for tag in tags
            for prefix in ("aws", "ec2")
        }

    def _arn_of(self, resource: str) -> str:
        return self._arn(_KIND_OF_PREFIX.get(resource.split("-", 1)[0], "*"), resource)

    def _any(self, kind: str) -> str:
        return self._arn(kind, "*")

    def _arn(self, kind: str, resource: str) -> str:
        owner = "" if kind in ("snapshot", "image") else self._account
        return f"arn:aws:ec2:{self._region}:{owner}:{kind}/{resource}"

    def _values(self, name: str) -> Iterator[str]:
        for key, value in sorted(self._params.items()):
            if re.fullmatch(name, key):
                yield value[0] if isinstance(value, list) else value
