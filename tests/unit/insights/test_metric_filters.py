"""The metric filters on a trail's log group, evaluated over generated and recorded log lines.

The local AWS stores metric filters and never evaluates them, so no alarm can ring there.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ringfence.insights.activity.stories import ROOT, call, invoked, sign_in
from ringfence.insights.metric_filters import LONGEST, METRIC_FILTERS, ROOT_USE
from tests.support.filter_patterns import compiled
from tests.support.samples.shared import shared_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.insights.metric_filters import MetricFilter

BY_ID = {one.id: one for one in METRIC_FILTERS}
COMPILED = {one.id: compiled(one.pattern) for one in METRIC_FILTERS}
HARMLESS = (call("ec2:DescribeInstances"), call("sts:GetCallerIdentity"), sign_in("alice"))
HITS: dict[str, tuple[Mapping[str, object], ...]] = {
    "root-use": (call("s3:ListBuckets", by=ROOT), sign_in("", root=True)),
    "unauthorized-calls": (
        call("s3:ListBuckets", error="AccessDenied"),
        call("ec2:RunInstances", error="Client.UnauthorizedOperation"),
        call("kms:Decrypt", error="AccessDeniedException"),
    ),
    "sign-in-without-mfa": (sign_in("alice", mfa=False),),
    "failed-sign-ins": (sign_in("alice", success=False),),
    "iam-policy-changes": (call("iam:PutUserPolicy"), call("iam:DetachGroupPolicy")),
    "trail-changes": (call("cloudtrail:StopLogging"), call("cloudtrail:CreateTrail")),
    "keys-disabled": (call("kms:DisableKey"), call("kms:ScheduleKeyDeletion")),
    "bucket-policy-changes": (call("s3:PutBucketAcl"), call("s3:DeleteBucketReplication")),
    "config-changes": (call("config:StopConfigurationRecorder"),),
    "security-group-changes": (call("ec2:AuthorizeSecurityGroupIngress"), call("ec2:DeleteSecurityGroup")),
    "network-acl-changes": (call("ec2:ReplaceNetworkAclAssociation"),),
    "gateway-changes": (call("ec2:AttachInternetGateway"),),
    "route-table-changes": (call("ec2:DisassociateRouteTable"),),
    "vpc-changes": (call("ec2:EnableVpcClassicLink"), call("ec2:CreateVpc")),
    "organization-changes": (call("organizations:LeaveOrganization"), call("organizations:AttachPolicy")),
}
MISSES: dict[str, tuple[Mapping[str, object], ...]] = {
    "root-use": (invoked(call("s3:ListBuckets", by=ROOT), "support.amazonaws.com"),),
    "unauthorized-calls": (call("s3:GetObject", error="NoSuchKey"),),
    "sign-in-without-mfa": (sign_in("", root=True, mfa=False), sign_in("alice", mfa=False, success=False)),
    "failed-sign-ins": (sign_in("alice"),),
    "iam-policy-changes": (call("organizations:DeletePolicy"), call("iam:CreateUser")),
    "keys-disabled": (call("kms:EnableKey"), call("iam:DisableKey")),
    "bucket-policy-changes": (call("s3:CreateBucket"),),
    "organization-changes": (call("iam:CreatePolicy"), call("organizations:DescribeOrganization")),
}
filters = pytest.mark.parametrize("one", METRIC_FILTERS, ids=lambda one: one.id)


def matching(record: Mapping[str, object]) -> set[str]:
    return {id_ for id_, matches in COMPILED.items() if matches(record)}


@filters
def test_a_filter_counts_its_records_and_no_others(one: MetricFilter) -> None:
    matches = compiled(one.pattern)
    assert [matches(record) for record in HITS[one.id]] == [True] * len(HITS[one.id])
    others = [*MISSES.get(one.id, ()), *HARMLESS]
    others += [record for id_, records in HITS.items() if id_ != one.id for record in records]
    counted = {str(record["eventName"]) for record in others if matches(record)}
    assert counted == set()


@filters
def test_a_filter_is_one_of_the_benchmark_and_within_the_limit(one: MetricFilter) -> None:
    assert len(one.pattern) <= LONGEST
    number = int(one.cis.removeprefix("4."))
    assert 1 <= number <= 15
    assert one.control in {"", f"CloudWatch.{number}"} | {"CloudWatch.1", "CloudWatch.2", "CloudWatch.3"}
    assert re.fullmatch(r"[A-Za-z]+", one.metric)


def test_the_filters_are_all_of_the_benchmarks_section() -> None:
    assert {one.cis for one in METRIC_FILTERS} == {f"4.{number}" for number in range(1, 16)}
    assert {one.control for one in METRIC_FILTERS} == {"", *(f"CloudWatch.{one}" for one in range(1, 15))}
    assert len({one.metric for one in METRIC_FILTERS}) == len(BY_ID) == 15


def records() -> Iterator[Mapping[str, object]]:
    for name in ("cloudtrail_noise.jsonl", "cloudtrail_more.jsonl.gz"):
        path = shared_file(f"events/replay/{name}")
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open("rt") as file:
            yield from (json.loads(line)["detail"] for line in file)


def test_recorded_log_lines_are_counted_as_a_reading_of_the_benchmark_says() -> None:
    found: Counter[str] = Counter()
    for record in records():
        matched = matching(record)
        found.update(matched)
        code = record.get("errorCode")
        denied = isinstance(code, str) and (
            "UnauthorizedOperation" in code or code.startswith("AccessDenied")
        )
        assert ("unauthorized-calls" in matched) is denied
        assert ("trail-changes" in matched) is (
            record.get("eventName")
            in {"CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"}
        )
    assert all(found[one] for one in ("root-use", "iam-policy-changes", "sign-in-without-mfa"))


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "{}",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = b",
        "{ ($.a = b }",
        "{ $.a = b } c",
        "{ $.a = b* }",
        "{ $.a ~ b }",
        "{ a = b }",
        "{ $.a = b && }",
    ],
)
def test_a_wrong_pattern_is_found(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|is no"):
        compiled(pattern)


@pytest.mark.parametrize(
    ("pattern", "record", "matches"),
    [
        ('{ $.a != "b" }', {}, False),
        ('{ $.a != "b" }', {"a": "c"}, True),
        ('{ $.a = "*b" }', {"a": "ab"}, True),
        ('{ $.a = "*b" }', {"a": "abc"}, False),
        ("{ $.a.b NOT EXISTS }", {"a": {}}, True),
        ("{ $.a.b NOT EXISTS }", {"a": {"b": None}}, False),
        ("{ $.a = 1 || $.b = 2 && $.c = 3 }", {"a": "1"}, True),
        ("{ ($.a = 1 || $.b = 2) && $.c = 3 }", {"a": "1"}, False),
    ],
)
def test_patterns_are_evaluated_as_documented(
    pattern: str, record: Mapping[str, object], *, matches: bool
) -> None:
    assert compiled(pattern)(record) is matches


def test_a_use_of_the_root_user_rings_at_the_first_record() -> None:
    assert ROOT_USE.most == 0
