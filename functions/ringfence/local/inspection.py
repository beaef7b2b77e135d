"""The state of a server according to AWS, to compare before and after.

This uses none of Ringfence's observations, because a check must not share their errors.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringfence.model.step import counted
from ringfence.observations.ec2.tags import INCIDENT_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.local.estate import ClientOf, Server

NONE = "none"
Portrait = dict[str, str]
"""Aspects of a server and their values in words, in display order."""


@dataclass(frozen=True)
class Inspector:
    """Reads servers of one account and region."""

    client: ClientOf

    def portrait(self, server: Server, role: str = "") -> Portrait:
        """Return the state of a server. `role` is the role whose credentials it has or had."""
        ec2 = self.client("ec2")
        found = ec2.describe_instances(InstanceIds=[server.ref.id])["Reservations"][0]["Instances"][0]
        return {
            "state": found["State"]["Name"],
            **self._interfaces(found),
            "instance profile": self._profile(server),
            "sessions of its role": self._sessions(server, role),
            "Auto Scaling group": self._scaling_group(server),
            "target groups": self._target_groups(server),
            "termination protection": "on" if self._attribute(server, "disableApiTermination") else "off",
            "shutdown from inside": str(self._attribute(server, "instanceInitiatedShutdownBehavior")),
            "volumes": self._volumes(found),
            "snapshots": self._snapshots(server),
            "incident tag": _tags(found).get(INCIDENT_TAG, NONE),
        }

    def closed(self, server: Server) -> bool:
        """Return whether every interface has exactly one group, of its VPC and without rules."""
        ec2 = self.client("ec2")
        interfaces = ec2.describe_network_interfaces(NetworkInterfaceIds=list(server.interfaces))
        for interface in interfaces["NetworkInterfaces"]:
            ids = [group["GroupId"] for group in interface["Groups"]]
            groups = ec2.describe_security_groups(GroupIds=ids)["SecurityGroups"] if ids else []
            if len(groups) != 1 or groups[0]["VpcId"] != interface["VpcId"]:
                return False
            if groups[0]["IpPermissions"] or groups[0]["IpPermissionsEgress"]:
                return False
        return len(interfaces["NetworkInterfaces"]) == len(server.interfaces)

    def snapshots(self, server: Server) -> Mapping[str, list[Any]]:
        """Return the snapshots of each volume."""
        filters = [{"Name": "volume-id", "Values": list(server.volumes)}]
        found = self.client("ec2").describe_snapshots(OwnerIds=["self"], Filters=filters)["Snapshots"]
        return {
            volume: [one for one in found if one["VolumeId"] == volume and _taken(one)]
            for volume in server.volumes
        }

    def _snapshots(self, server: Server) -> str:
        times = Counter(len(taken) for taken in self.snapshots(server).values())
        if set(times) == {0}:
            return NONE
        each = " or ".join(str(number) for number in sorted(times))
        return f"{each} of each of {counted(len(server.volumes), 'volume')}"

    def _interfaces(self, found: Any) -> Portrait:  # noqa: ANN401 - a description from boto3
        interfaces = sorted(found["NetworkInterfaces"], key=lambda one: one["Attachment"]["DeviceIndex"])
        return {
            f"groups of interface {one['Attachment']['DeviceIndex']}": _names(
                group["GroupName"] for group in one["Groups"]
            )
            for one in interfaces
        }

    def _profile(self, server: Server) -> str:
        filters = [{"Name": "instance-id", "Values": [server.ref.id]}]
        found = self.client("ec2").describe_iam_instance_profile_associations(Filters=filters)
        return _names(
            one["IamInstanceProfile"]["Arn"].rsplit("/", 1)[-1]
            for one in found["IamInstanceProfileAssociations"]
            if one["State"] != "disassociated"
        )

    def _sessions(self, server: Server, role: str) -> str:
        if not role:
            return NONE
        iam = self.client("iam")
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            document = json.loads(policy) if isinstance(policy, str) else policy
            if any(_denies(statement, server.ref.id) for statement in document["Statement"]):
                return "denied everything"
        return "valid"

    def _scaling_group(self, server: Server) -> str:
        found = self.client("autoscaling").describe_auto_scaling_instances(InstanceIds=[server.ref.id])
        return _names(
            f"{one['AutoScalingGroupName']} ({one['LifecycleState']})"
            for one in found["AutoScalingInstances"]
            if one["LifecycleState"] not in {"Detached", "Terminated"}
        )

    def _target_groups(self, server: Server) -> str:
        elb = self.client("elbv2")
        return _names(
            group["TargetGroupName"]
            for group in elb.describe_target_groups()["TargetGroups"]
            for target in elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])[
                "TargetHealthDescriptions"
            ]
            if target["Target"]["Id"] == server.ref.id
            and target["TargetHealth"]["State"] not in {"draining", "unused"}
        )

    def _attribute(self, server: Server, name: str) -> object:
        found = self.client("ec2").describe_instance_attribute(InstanceId=server.ref.id, Attribute=name)
        return found[name[0].upper() + name[1:]].get("Value")

    def _volumes(self, found: Any) -> str:  # noqa: ANN401 - a description from boto3
        mapped = found["BlockDeviceMappings"]
        lost = [one["DeviceName"] for one in mapped if one["Ebs"]["DeleteOnTermination"]]
        return f"{_names(lost)} deleted with it" if lost else "all kept"


def _denies(statement: Mapping[str, Any], instance_id: str) -> bool:
    users = statement.get("Condition", {}).get("StringEquals", {}).get("aws:userid", [])
    named = [users] if isinstance(users, str) else users
    return statement["Effect"] == "Deny" and any(one.endswith(f":{instance_id}") for one in named)


def _taken(snapshot: Mapping[str, Any]) -> bool:
    """Exclude the snapshots of the emulator's images."""
    return INCIDENT_TAG in _tags(snapshot)


def _tags(described: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags", ())}


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or NONE
