"""Test resources on the local AWS, created through its API.

The caller passes the clients, as a function from a service's name to a boto3 client.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ringfence.model.kinds.instance import InstanceRef

ClientOf = Callable[[str], Any]
IMAGE, ROOT_DEVICE, DATA_DEVICE = "ami-12c6146b", "/dev/sda1", "/dev/sdf"
"""An image of the emulator, its root device, and a device for a second volume."""
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
_RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-assets/*"}],
}


@dataclass(frozen=True)
class Ground:
    """A VPC with two subnets in one zone, and three security groups with rules."""

    vpc: str
    subnets: tuple[str, str]
    front: tuple[str, str]
    back: str


@dataclass(frozen=True)
class Server:
    """A running instance. Its interfaces and volumes are in device order."""

    ref: InstanceRef
    name: str
    ground: Ground
    interfaces: tuple[str, ...]
    volumes: tuple[str, ...]


@dataclass(frozen=True)
class Estate:
    """Two identical servers in one Auto Scaling group and one target group."""

    ground: Ground
    web: Server
    bystander: Server
    role: str
    profile: str
    scaling_group: str
    target_group: str


@dataclass(frozen=True)
class Builder:
    """Creates resources in one account and region. `name` is the prefix of all their names."""

    client: ClientOf
    account: str
    region: str
    name: str = "shop"

    def estate(self) -> Estate:
        """Create network, role and group, and launch both servers."""
        ground, profile = self.ground(), self.profile()
        target_group = self._target_group(ground)
        group = self._scaling_group(ground, target_group)
        web, bystander = (
            self.launch(ground, f"{self.name}-{which}", profile) for which in ("web-1", "web-2")
        )
        scaling = self.client("autoscaling")
        # An Auto Scaling group of the emulator launches without a template's interfaces and profile.
        scaling.attach_instances(AutoScalingGroupName=group, InstanceIds=[web.ref.id, bystander.ref.id])
        scaling.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=1)
        return Estate(ground, web, bystander, profile, profile, group, target_group)

    def ground(self, network: str = "10.20") -> Ground:
        """Create a VPC with IPv6, its subnets and groups. `network` contains its first two bytes."""
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock=f"{network}.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
        zone = f"{self.region}a"
        first, second = (
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"{network}.{third}.0/24", AvailabilityZone=zone)[
                "Subnet"
            ]["SubnetId"]
            for third in (0, 1)
        )
        web, office, data = (
            self._security_group(vpc, f"{self.name}-{what}", port)
            for what, port in (("web", 443), ("office-ssh", 22), ("database", 5432))
        )
        return Ground(vpc, (first, second), (web, office), data)

    def profile(self) -> str:
        """Create a role and a profile of the same name, with a path. Return the name."""
        iam, name = self.client("iam"), f"{self.name}-server"
        iam.create_role(RoleName=name, Path=f"/{self.name}/", AssumeRolePolicyDocument=json.dumps(_TRUST))
        iam.put_role_policy(RoleName=name, PolicyName="assets", PolicyDocument=json.dumps(_RIGHTS))
        iam.create_instance_profile(InstanceProfileName=name, Path=f"/{self.name}/")
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        return name

    def launch(self, ground: Ground, name: str, profile: str | None = None) -> Server:
        """Launch a server with two interfaces and two volumes that are deleted with it."""
        run = self.client("ec2").run_instances(
            ImageId=IMAGE,
            MinCount=1,
            MaxCount=1,
            InstanceType="m7i.large",
            InstanceInitiatedShutdownBehavior="terminate",
            NetworkInterfaces=[
                {"DeviceIndex": 0, "SubnetId": ground.subnets[0], "Groups": list(ground.front)},
                {"DeviceIndex": 1, "SubnetId": ground.subnets[1], "Groups": [ground.back]},
            ],
            BlockDeviceMappings=[
                {"DeviceName": device, "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}}
                for device in (ROOT_DEVICE, DATA_DEVICE)
            ],
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}],
            **({"IamInstanceProfile": {"Name": profile}} if profile else {}),
        )
        return self._server(run["Instances"][0]["InstanceId"], name, ground)

    def _server(self, instance_id: str, name: str, ground: Ground) -> Server:
        found = self.client("ec2").describe_instances(InstanceIds=[instance_id])
        described = found["Reservations"][0]["Instances"][0]
        interfaces = sorted(described["NetworkInterfaces"], key=lambda one: one["Attachment"]["DeviceIndex"])
        volumes = sorted(described["BlockDeviceMappings"], key=lambda one: one["DeviceName"])
        return Server(
            InstanceRef(self.account, self.region, instance_id),
            name,
            ground,
            tuple(one["NetworkInterfaceId"] for one in interfaces),
            tuple(one["Ebs"]["VolumeId"] for one in volumes),
        )

    def _security_group(self, vpc: str, name: str, port: int) -> str:
        ec2 = self.client("ec2")
        made: str = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
        return made

    def _target_group(self, ground: Ground) -> str:
        made = self.client("elbv2").create_target_group(
            Name=f"{self.name}-web", Protocol="HTTPS", Port=443, VpcId=ground.vpc, TargetType="instance"
        )
        arn: str = made["TargetGroups"][0]["TargetGroupArn"]
        return arn

    def _scaling_group(self, ground: Ground, target_group: str) -> str:
        name = f"{self.name}-web"
        data = {"ImageId": IMAGE, "InstanceType": "m7i.large"}
        self.client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        self.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
            MinSize=0,
            MaxSize=4,
            DesiredCapacity=0,
            VPCZoneIdentifier=ground.subnets[0],
            TargetGroupARNs=[target_group],
        )
        return name
