"""What is read from a verdict of AWS Config."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.events.envelope import NotForUs
from ringfence.local.samples.config import verdict
from ringfence.local.samples.guardduty import ACCOUNT, ADMINISTRATOR, INSTANCE, REGION, changed, without
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.account import AccountRef
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.rule_confirmation import ManagedRule
from ringfence.model.subject import GLOBAL
from tests.support.parsing import parse

if TYPE_CHECKING:
    from ringfence.model.subject import Ref

RULE = "securityhub-s3-bucket-versioning-enabled-55c8a7cd"
EVENT = verdict(RULE, "AWS::S3::Bucket", "reports")
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
SUBJECTS: tuple[tuple[str, str, Ref], ...] = (
    ("AWS::S3::Bucket", "reports", BucketRef(ACCOUNT, REGION, "reports")),
    ("AWS::EC2::Instance", INSTANCE, InstanceRef(ACCOUNT, REGION, INSTANCE)),
    ("AWS::EC2::SecurityGroup", "sg-0a1b2c3d", SecurityGroupRef(ACCOUNT, REGION, "sg-0a1b2c3d")),
    ("AWS::EC2::VPC", "vpc-0a1b2c3d", VpcRef(ACCOUNT, REGION, "vpc-0a1b2c3d")),
    ("AWS::IAM::User", "AIDA4MADEUPBYUS00003", UserRef(ACCOUNT, GLOBAL, "AIDA4MADEUPBYUS00003")),
    ("AWS::::Account", ACCOUNT, AccountRef(ACCOUNT, GLOBAL, ACCOUNT)),
    ("AWS::CloudTrail::Trail", "all", TrailRef(ACCOUNT, REGION, "all")),
    (
        "AWS::CloudTrail::Trail",
        f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/all",
        TrailRef(ACCOUNT, "us-east-1", "all"),
    ),
    ("AWS::KMS::Key", KEY_ID, KeyRef(ACCOUNT, REGION, KEY_ID)),
)


def found(event: object) -> Finding:
    finding = parse(event)
    assert isinstance(finding, Finding), finding
    return finding


def test_a_verdict_is_read_whole() -> None:
    finding = found(EVENT)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (finding.source, finding.type) == ("aws.config", "Config:s3-bucket-versioning-enabled")
    assert (finding.severity, finding.account, finding.region) == (5.0, ACCOUNT, REGION)
    assert (finding.updated_at, finding.last_seen) == (at, at)
    assert finding.title == f"bucket reports does not comply with the Config rule {RULE}"
    assert finding.subjects == (BucketRef(ACCOUNT, REGION, "reports"),)
    assert len(finding.digest) == 64


def test_what_the_event_calls_the_rule_is_claimed_to_be_the_managed_one() -> None:
    """The event names a rule as its owner does; that it is AWS's is for Config to confirm."""
    assert found(EVENT).claim == ManagedRule(RULE, "S3_BUCKET_VERSIONING_ENABLED", REGION)
    ssh = found(verdict("restricted-ssh", "AWS::EC2::SecurityGroup", "sg-0a1b2c3d"))
    assert ssh.claim == ManagedRule("restricted-ssh", "INCOMING_SSH_DISABLED", REGION)


@pytest.mark.parametrize(("kind", "id_", "ref"), SUBJECTS)
def test_a_resource_of_each_type_is_a_subject(kind: str, id_: str, ref: Ref) -> None:
    assert found(verdict("some-rule", kind, id_)).subjects == (ref,)


def test_the_same_verdict_is_the_same_finding_and_a_later_one_its_update() -> None:
    later = verdict(RULE, "AWS::S3::Bucket", "reports", at="2026-03-02T12:00:00.000Z")
    assert found({**EVENT, "id": "another"}).id == found(EVENT).id == found(later).id
    assert found(later).updated_at > found(EVENT).updated_at
    elsewhere = verdict(RULE, "AWS::S3::Bucket", "reports", region="eu-central-1")
    assert found(elsewhere).id != found(EVENT).id


def test_the_account_is_the_resources_and_not_the_envelopes() -> None:
    assert found(changed(EVENT, "account", ADMINISTRATOR)).account == ACCOUNT


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (verdict(RULE, "AWS::S3::Bucket", "reports", compliance="COMPLIANT"), "COMPLIANT"),
        (verdict(RULE, "AWS::EC2::Volume", "vol-0a1b2c3d"), "AWS::EC2::Volume"),
        (verdict(RULE, "AWS::IAM::Role", "AROA4MADEUPBYUS00003"), "AWS::IAM::Role"),
        (verdict(RULE, "\x1b[2J", "x"), r"\x1b"),
        (changed(EVENT, "detail-type", "Config Configuration Item Change"), "Configuration Item"),
    ],
)
def test_what_is_not_for_us_says_why(event: object, said: str) -> None:
    verdict = parse(event)
    assert isinstance(verdict, NotForUs)
    assert said in verdict.reason


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("detail.awsAccountId", "12"),
        ("detail.awsAccountId", None),
        ("detail.awsRegion", "nowhere"),
        ("detail.configRuleName", "a rule\x1b[2J"),
        ("detail.configRuleName", "x" * 129),
        ("detail.resourceId", "../reports"),
        ("detail.resourceId", None),
        ("detail.resourceType", None),
        ("detail.newEvaluationResult", None),
        ("detail.newEvaluationResult.complianceType", 7),
        ("detail", None),
    ],
)
def test_what_is_there_and_wrong_is_named(path: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        parse(changed(EVENT, path, value))
    assert caught.value.field == path


@pytest.mark.parametrize(
    ("kind", "id_"),
    [
        ("AWS::EC2::Instance", "i-1"),
        ("AWS::EC2::SecurityGroup", "sg-XYZ"),
        ("AWS::EC2::VPC", "sg-0a1b2c3d"),
        ("AWS::::Account", "1"),
        ("AWS::KMS::Key", "alias/mine"),
        ("AWS::KMS::Key", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine"),
        ("AWS::KMS::Key", f"arn:aws:kms:{REGION}:{ADMINISTRATOR}:key/{KEY_ID}"),
        ("AWS::KMS::Key", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:key/{KEY_ID}"),
        ("AWS::CloudTrail::Trail", f"arn:aws:cloudtrail:nowhere:{ACCOUNT}:trail/all"),
        ("AWS::CloudTrail::Trail", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/a/b"),
    ],
)
def test_an_id_that_is_none_is_named(kind: str, id_: str) -> None:
    with pytest.raises(BadInput, match=r"detail\.resourceId"):
        parse(verdict("some-rule", kind, id_))


def test_a_first_verdict_has_none_before_it() -> None:
    assert found(without(EVENT, "detail.oldEvaluationResult")).subjects == found(EVENT).subjects
