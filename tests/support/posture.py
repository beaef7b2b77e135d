"""The shipped rules, read once, and small rules for tests of scans."""

from __future__ import annotations

from ringfence.cli.rules import load
from ringfence.posture.conditions import Contains, Is
from ringfence.posture.library import LIBRARY
from ringfence.posture.rule import Rule

SHIPPED = tuple(load([LIBRARY]))
"""Reading them takes a second, and several test modules need them."""


def named(type_: str, *, name: str = "named", severity: str = "medium", remediation: str = "") -> Rule:
    """Return a rule that a resource meets whose item has the name x."""
    names = {"AWS::S3::Bucket": "BucketName", "AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName"}
    property_ = names[type_]
    requirement = Contains(((property_, Is("x")),))
    return Rule(name, name, (type_,), ((type_, requirement),), severity=severity, remediation=remediation)


EXISTS = {
    "AWS::CloudTrail::Trail": Rule(
        "logging",
        "logging",
        ("AWS::CloudTrail::Trail",),
        (("AWS::CloudTrail::Trail", Contains((("IsLogging", Is(True)),))),),
    ),
    "AWS::CloudFront::Distribution": Rule(
        "served",
        "served",
        ("AWS::CloudFront::Distribution",),
        (
            (
                "AWS::CloudFront::Distribution",
                Contains((("DistributionConfig", Contains((("Enabled", Is(True)),))),)),
            ),
        ),
    ),
}
"""Rules about types with something special."""
