"""A failing resource is handed over as the verdict of AWS Config that says the same as its rule."""

from __future__ import annotations

import pytest

from ringfence.posture.fixes import target
from ringfence.posture.known import load_files
from ringfence.posture.library import LIBRARY
from ringfence.posture.rule import Resource, Rule
from ringfence.runbooks.catalogue import CATALOGUE

SHIPPED = {one.rule.name: one.rule for one in load_files((LIBRARY,)).rules}
IDS = {"AWS::EC2::SecurityGroup": "sg-0123456789abcdef0", "AWS::S3::Bucket": "reports"}


def type_of(rule: Rule) -> str:
    type_ = rule.resource_types[0]
    resource = Resource(type_, "111122223333", "eu-west-1", IDS[type_], "", {}, {})
    found = target(rule, resource, CATALOGUE.values())
    assert found
    return found.type


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("security-group-closes-ssh", "restricted-ssh"),
        ("security-group-closes-rdp", "restricted-rdp"),
        ("default-security-group-is-closed", "vpc-default-security-group-closed"),
        ("s3-bucket-blocks-public-access", "s3-bucket-level-public-access-prohibited"),
        ("s3-bucket-policy-names-principals", "s3-bucket-public-read-prohibited"),
        ("s3-bucket-encrypts-by-default", "s3-bucket-server-side-encryption-enabled"),
    ],
)
def test_a_shipped_rule_has_the_verdict_that_says_the_same(rule: str, verdict: str) -> None:
    assert type_of(SHIPPED[rule]) == f"Config:{verdict}"


def test_without_a_name_it_is_the_first_verdict_that_the_remediation_answers() -> None:
    assert type_of(Rule("r", "r", ("AWS::S3::Bucket",), remediation="encrypt-bucket")) == (
        "Config:s3-bucket-server-side-encryption-enabled"
    )
