"""The yardstick: plain boto3 that describes the event's instance and moves its interfaces."""

import json
from functools import cache
from typing import Any

import boto3

from benchmarks.stub import QUARANTINE


@cache
def ec2() -> Any:  # noqa: ANN401 - boto3's clients are made at run time
    """Return the client, which is kept for the next event."""
    return boto3.client("ec2", region_name="eu-west-1")


def handle(event: str) -> None:
    """Handle one event."""
    instance = json.loads(event)["detail"]["resource"]["instanceDetails"]["instanceId"]
    described = ec2().describe_instances(InstanceIds=[instance])
    for interface in described["Reservations"][0]["Instances"][0]["NetworkInterfaces"]:
        ec2().modify_network_interface_attribute(
            NetworkInterfaceId=interface["NetworkInterfaceId"], Groups=[QUARANTINE]
        )
