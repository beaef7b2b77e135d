"""Security groups."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import NetworkRef, RecordedCalls, in_request, in_response


@value
class SecurityGroupRef(NetworkRef):
    """A security group of a VPC.

    A request can name a group of the default VPC by its name only. The response contains its id.
    """

    kind: ClassVar = "security-group"
    form: ClassVar = "a security group's id, sg- and 8 or 17 hexadecimal digits"
    pattern: ClassVar = re.compile(r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})")
    example: ClassVar = "sg-0a1b2c3d4e5f60718"
    arn_form: ClassVar = "arn:{partition}:ec2:{region}:{account}:security-group/{id}"
    config_type: ClassVar = "AWS::EC2::SecurityGroup"
    config_records_fixes: ClassVar = True
    calls: ClassVar = (
        RecordedCalls(
            "ec2",
            ("AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"),
            (*in_request("groupId"), *in_response("securityGroupRuleSet.groupId")),
        ),
        RecordedCalls(
            "ec2",
            ("RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"),
            (*in_request("groupId"), *in_response("revokedSecurityGroupRuleSet.groupId")),
        ),
        RecordedCalls("ec2", ("CreateSecurityGroup",), in_response("groupId")),
        RecordedCalls(
            "ec2", ("ModifySecurityGroupRules",), in_request("ModifySecurityGroupRulesRequest.GroupId")
        ),
    )
