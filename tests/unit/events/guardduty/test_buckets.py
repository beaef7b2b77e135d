"""What is read from a GuardDuty finding about a bucket's settings."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.local.samples.guardduty import ACCOUNT, REGION, changed
from ringfence.local.samples.guardduty_callers import bucket_finding
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.bucket import BucketRef
from tests.support.parsing import parse

TYPE = "Policy:S3/BucketAnonymousAccessGranted"
WHERE = "detail.resource.s3BucketDetails"


def found(event: object) -> Finding:
    finding = parse(event)
    assert isinstance(finding, Finding), finding
    return finding


def of(*buckets: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of an event
    return changed(bucket_finding(TYPE), WHERE, list(buckets))


def test_the_bucket_is_the_subject_and_whose_key_it_was_a_suspect() -> None:
    finding = found(bucket_finding(TYPE))
    assert (finding.source, finding.type, finding.severity) == ("aws.guardduty", TYPE, 8.0)
    assert finding.subjects == (BucketRef(ACCOUNT, REGION, "sample-bucket"),)
    assert finding.suspects == ("IAMUser:sample-user",)
    assert (finding.advice, finding.advices) == ("", ())


@pytest.mark.parametrize(
    ("details", "suspects"),
    [
        ({}, ()),
        ({"principalId": "AROA4MADEUPBYUS00004:x"}, ("unknown:AROA4MADEUPBYUS00004:x",)),
        ({"userType": "Root", "userName": "\x1b[2JRoot"}, ("Root: [2JRoot",)),
    ],
)
def test_who_did_it_is_said_in_harmless_words_or_not_at_all(
    details: dict[str, str], suspects: tuple[str, ...]
) -> None:
    assert (
        found(changed(bucket_finding(TYPE), "detail.resource.accessKeyDetails", details)).suspects == suspects
    )


def test_each_bucket_is_named_once_by_name_or_arn() -> None:
    named = of(
        {"name": "reports", "arn": "arn:aws:s3:::reports"},
        {"name": "reports"},
        {"arn": "arn:aws-cn:s3:::invoices"},
    )
    assert [ref.id for ref in found(named).subjects] == ["reports", "invoices"]


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (of(), WHERE),
        (changed(bucket_finding(TYPE), WHERE, None), WHERE),
        (changed(bucket_finding(TYPE), WHERE, "reports"), WHERE),
        (of("reports"), f"{WHERE}[0]"),
        (of({}), f"{WHERE}[0].name"),
        (of({"name": "a b"}), f"{WHERE}[0].name"),
        (of({"name": "reports", "arn": "arn:aws:s3:::others"}), f"{WHERE}[0].arn"),
        (of({"name": "reports", "arn": "arn:aws:s3:::reports/object"}), f"{WHERE}[0].arn"),
        (of({"name": 7}), f"{WHERE}[0].name"),
        (changed(bucket_finding(TYPE), "detail.resource", None), "detail.resource"),
    ],
)
def test_what_is_there_and_wrong_is_named(event: object, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse(event)
    assert caught.value.field == field


def test_the_block_of_a_whole_account_is_about_no_bucket() -> None:
    finding = parse(bucket_finding("Policy:S3/AccountBlockPublicAccessDisabled"))
    assert isinstance(finding, Finding)
    assert [ref.kind for ref in finding.subjects] == ["finding"]
    assert "whole account" in finding.advice
