"""Trails of the local CloudTrail keep what they are made with, and have Insights selectors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.local import LocalAws

INSIGHTS = [{"InsightType": "ApiCallRateInsight", "EventCategories": ["Management"]}]


@pytest.fixture
def trails(aws: LocalAws) -> Any:
    return aws.client("cloudtrail")


def test_a_trail_is_made_with_its_log_group_its_topic_and_its_tags(
    aws: LocalAws, trails: Any, unique: str
) -> None:
    place = f"{aws.region}:{aws.account}"
    group = {
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{place}:log-group:trail:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{aws.account}:role/trail",
    }
    tags = [{"Key": "team", "Value": "security"}]
    made = {"Name": unique, "S3BucketName": "logs", "SnsTopicName": "files", "TagsList": tags}
    arn = trails.create_trail(**made, **group)["TrailARN"]
    (shown,) = trails.describe_trails(trailNameList=[unique])["trailList"]
    assert group.items() <= shown.items()
    assert shown["SnsTopicARN"] == f"arn:aws:sns:{place}:files"
    assert trails.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == tags


def test_insights_selectors_are_put_read_back_and_switched_off(
    trails: Any, unique: str, refusal: Callable[..., str]
) -> None:
    trails.create_trail(Name=unique, S3BucketName="logs")
    assert refusal(trails.get_insight_selectors, TrailName=unique) == "InsightNotEnabledException"
    trails.put_insight_selectors(TrailName=unique, InsightSelectors=INSIGHTS)
    assert trails.get_insight_selectors(TrailName=unique)["InsightSelectors"] == INSIGHTS
    (shown,) = trails.describe_trails(trailNameList=[unique])["trailList"]
    assert shown["HasInsightSelectors"]
    trails.put_insight_selectors(TrailName=unique, InsightSelectors=[])
    assert refusal(trails.get_insight_selectors, TrailName=unique) == "InsightNotEnabledException"


def test_a_trail_that_is_not_there_has_no_insights(
    trails: Any, unique: str, refusal: Callable[..., str]
) -> None:
    assert refusal(trails.get_insight_selectors, TrailName=unique) == "TrailNotFoundException"
    given = {"TrailName": unique, "InsightSelectors": INSIGHTS}
    assert refusal(trails.put_insight_selectors, **given) == "TrailNotFoundException"


def test_calls_are_recorded_with_cloudtrails_own_names_of_parameters(
    aws: LocalAws, trails: Any, unique: str
) -> None:
    trails.create_trail(Name=unique, S3BucketName="logs")
    trails.stop_logging(Name=unique)
    guardduty = aws.client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    guardduty.update_detector(DetectorId=detector, Enable=False)
    guardduty.delete_detector(DetectorId=detector)

    def newest(name: str) -> dict[str, Any]:
        wanted = [{"AttributeKey": "EventName", "AttributeValue": name}]
        found = trails.lookup_events(LookupAttributes=wanted)["Events"][0]["CloudTrailEvent"]
        parameters: dict[str, Any] = json.loads(found)["requestParameters"]
        return parameters

    assert newest("StopLogging") == {"name": unique}
    assert newest("UpdateDetector") == {"detectorId": detector, "enable": False}
    assert newest("DeleteDetector") == {"detectorId": detector}
