"""The yardstick: a plain boto3 script that describes an instance and moves its interface."""

import boto3

from benchmarks.stub import INSTANCE, QUARANTINE

ec2 = boto3.client("ec2", region_name="eu-west-1")
described = ec2.describe_instances(InstanceIds=[INSTANCE])
for interface in described["Reservations"][0]["Instances"][0]["NetworkInterfaces"]:
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface["NetworkInterfaceId"], Groups=[QUARANTINE]
    )
