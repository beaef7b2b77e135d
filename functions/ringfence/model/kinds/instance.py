"""EC2 instances."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import RecordedCalls, Ref, in_request, in_response


@value
class InstanceRef(Ref):
    """An EC2 instance."""

    kind: ClassVar = "instance"
    form: ClassVar = "an instance's id, i- and 8 or 17 hexadecimal digits"
    pattern: ClassVar = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
    example: ClassVar = "i-0123456789abcdef0"
    arn_form: ClassVar = "arn:{partition}:ec2:{region}:{account}:instance/{id}"
    config_type: ClassVar = "AWS::EC2::Instance"
    config_records_fixes: ClassVar = True
    calls: ClassVar = (
        RecordedCalls(
            "ec2",
            ("ModifyInstanceMetadataOptions",),
            in_request("ModifyInstanceMetadataOptionsRequest.InstanceId"),
        ),
        RecordedCalls("ec2", ("RunInstances",), in_response("instancesSet.instanceId")),
    )
