"""Answers to what `harden-instance` asks, in the shapes that the services publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.observations.ec2.management import NAME
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_ID = "ami-0123456789abcdef0"
OWNED: Mapping[str, object] = {
    "ImageId": IMAGE_ID,
    "OwnerId": "137112412989",
    "ImageOwnerAlias": "amazon",
    "State": "available",
    "CreationDate": "2026-01-30T12:00:00.000Z",
    "Tags": [{"Key": "approved", "Value": "true"}],
}
ROLE: Mapping[str, object] = {
    "RoleName": NAME,
    "RoleId": "AROASSMEXAMPLE0000000",
    "Path": "/",
    "Arn": f"arn:aws:iam::{REF.account}:role/{NAME}",
    "CreateDate": NOON,
}
PROFILE: Mapping[str, object] = {
    "InstanceProfileName": NAME,
    "InstanceProfileId": "AIPASSMEXAMPLE0000000",
    "Arn": f"arn:aws:iam::{REF.account}:instance-profile/{NAME}",
    "Path": "/",
    "CreateDate": NOON,
    "Roles": [ROLE],
}
ASSOCIATION: Mapping[str, object] = {
    "AssociationId": "iip-assoc-2",
    "InstanceId": REF.id,
    "IamInstanceProfile": {"Arn": PROFILE["Arn"], "Id": PROFILE["InstanceProfileId"]},
    "State": "associated",
}
INSTANCE_ANSWERS: dict[str, tuple[Mapping[str, object], ...]] = {
    "cloudwatch:GetMetricStatistics": (
        {
            "Label": "MetadataNoToken",
            "Datapoints": [{"Timestamp": NOON, "Sum": number, "Unit": "Count"} for number in (3.0, 4.0)],
        },
        {"Label": "MetadataNoToken", "Datapoints": []},
    ),
    "ec2:DescribeImages": ({"Images": [OWNED]}, {"Images": []}),
}
