"""VPCs."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import NetworkRef, RecordedCalls, in_response


@value
class VpcRef(NetworkRef):
    """A VPC."""

    kind: ClassVar = "vpc"
    form: ClassVar = "a VPC's id, vpc- and 8 or 17 hexadecimal digits"
    pattern: ClassVar = re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")
    example: ClassVar = "vpc-0a1b2c3d4e5f60718"
    arn_form: ClassVar = "arn:{partition}:ec2:{region}:{account}:vpc/{id}"
    config_type: ClassVar = "AWS::EC2::VPC"
    calls: ClassVar = (RecordedCalls("ec2", ("CreateVpc",), in_response("vpc.vpcId")),)
