"""A detail that no decision needs never stops a response: every source reads the finding all the same."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.local.samples.calls import call_event
from ringfence.local.samples.config import verdict
from ringfence.local.samples.guardduty import changed, instance_finding, without
from ringfence.local.samples.guardduty_callers import bucket_finding, credentials_finding
from ringfence.local.samples.health import health_event
from ringfence.model.finding import Finding
from tests.support.parsing import parse

Event = dict[str, Any]
INSTANCE, KEY, BUCKET = (
    instance_finding(),
    credentials_finding(),
    bucket_finding("Policy:S3/BucketAnonymousAccessGranted"),
)
HEALTH, CONFIG = health_event(), verdict("s3-bucket-versioning-enabled", "AWS::S3::Bucket", "reports")
CALL = call_event("s3", "PutBucketPolicy", {"bucketName": "reports", "policy": ""})
ODD: tuple[object, ...] = (
    None,
    0,
    -1,
    2**60,
    True,
    "",
    "3",
    "yesterday",
    "2026-13-01T12:00:00Z",
    [1],
    {"a": 1},
)
DETAILS: tuple[tuple[Event, str], ...] = (
    *(
        (event, f"detail.{path}")
        for event in (INSTANCE, KEY, BUCKET)
        for path in (
            "title",
            "description",
            "service.count",
            "service.eventFirstSeen",
            "service.eventLastSeen",
            "service.additionalInfo",
            "service.action",
        )
    ),
    (BUCKET, "detail.resource.accessKeyDetails.userName"),
    (HEALTH, "detail.startTime"),
    (HEALTH, "detail.lastUpdatedTime"),
    (HEALTH, "detail.statusCode"),
    (CONFIG, "detail.newEvaluationResult.resultRecordedTime"),
    (CALL, "detail.userIdentity.arn"),
    (CALL, "detail.userIdentity.principalId"),
    (CALL, "detail.sourceIPAddress"),
)


@pytest.mark.parametrize("value", ODD, ids=ascii)
@pytest.mark.parametrize(("event", "path"), DETAILS, ids=[f"{one['source']}-{path}" for one, path in DETAILS])
def test_an_odd_detail_is_left_out(event: Event, path: str, value: object) -> None:
    good, odd = parse(event), parse(changed(event, path, value))
    assert isinstance(good, Finding)
    assert isinstance(odd, Finding)
    assert (odd.subjects, odd.type, odd.severity) == (good.subjects, good.type, good.severity)
    assert (odd.sample, odd.archived, odd.advice) == (good.sample, good.archived, good.advice)


@pytest.mark.parametrize(
    ("given", "count"), [(3, 3), ("3", 3), (0, 1), ("0", 1), (-4, 1), ("", 1), (2**53, 1), ("9" * 40, 1)]
)
def test_a_count_may_come_as_text_and_is_one_where_it_cannot_be(given: object, count: int) -> None:
    finding = parse(instance_finding(count=given))
    assert isinstance(finding, Finding)
    assert finding.count == count


@pytest.mark.parametrize("given", ["", "yesterday", 7, None])
def test_what_was_seen_at_no_time_was_seen_at_the_update(given: object) -> None:
    finding = parse(changed(INSTANCE, "detail.service.eventLastSeen", given))
    assert isinstance(finding, Finding)
    assert finding.last_seen == finding.updated_at


@pytest.mark.parametrize(
    "info", ["sample", ["sample"], 7, {"sample": "perhaps"}, {"value": 7}, {"sample": 1}]
)
def test_only_what_says_so_is_a_sample(info: object) -> None:
    """A sample changes nothing, so nothing odd may pass for one."""
    finding = parse(instance_finding(additionalInfo=info))
    assert isinstance(finding, Finding)
    assert not finding.sample


def test_a_verdict_without_a_time_has_that_of_its_event() -> None:
    finding = parse(without(CONFIG, "detail.newEvaluationResult.resultRecordedTime"))
    assert isinstance(finding, Finding)
    assert finding.updated_at.isoformat().startswith(CONFIG["time"][:19])
