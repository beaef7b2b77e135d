"""The new Security Hub holds findings in OCSF, filters and updates them, and sends their events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.security_hub.trigger import IMPORTED_V2
from ringfence.local.samples.security_hub import v2
from ringfence.local.sending import put_findings_v2
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.local import LocalAws

REGION, OTHER = "eu-north-1", "eu-west-3"


@pytest.fixture
def hub(aws: LocalAws) -> Any:
    found: Any = aws.client("securityhub", region=REGION)
    assert found.enable_security_hub_v2()["HubV2Arn"].endswith(":hubv2/local")
    return found


@pytest.fixture
def told(heard: Callable[..., Any]) -> Callable[[], list[dict[str, Any]]]:
    """Give a function that waits for the next findings that Security Hub sends."""
    read = heard(REGION, "aws.securityhub", IMPORTED_V2)
    return lambda: [one for each in read() for one in each["detail"]["findings"]]


def finding(uid: str) -> dict[str, Any]:
    made = v2()
    return {**made, "metadata": {**made["metadata"], "uid": uid}}


def named(hub: Any, field: str, value: str) -> list[str]:
    texts = [{"FieldName": field, "Filter": {"Value": value, "Comparison": "EQUALS"}}]
    filters = {"CompositeFilters": [{"StringFilters": texts, "Operator": "AND"}]}
    return [one["metadata"]["uid"] for one in hub.get_findings_v2(Filters=filters)["Findings"]]


def test_a_finding_is_held_and_its_event_is_sent(
    aws: LocalAws, hub: Any, told: Callable[[], list[dict[str, Any]]], unique: str
) -> None:
    put_findings_v2(aws.endpoint, [finding(unique)], aws.account, REGION)
    (sent,) = told()
    assert sent == finding(unique)
    assert named(hub, "metadata.uid", unique) == [unique]
    assert unique in named(hub, "finding_info.uid", sent["finding_info"]["uid"])
    assert named(hub, "finding_info.uid", "another") == []


def test_an_update_is_sent_again_with_the_same_times_and_outlives_the_next_version(
    aws: LocalAws, hub: Any, told: Callable[[], list[dict[str, Any]]], unique: str
) -> None:
    put_findings_v2(aws.endpoint, [finding(unique)], aws.account, REGION)
    told()
    answer = hub.batch_update_findings_v2(MetadataUids=[unique, "none"], StatusId=4, Comment="done")
    assert [one["MetadataUid"] for one in answer["ProcessedFindings"]] == [unique]
    (other,) = answer["UnprocessedFindings"]
    assert (other["MetadataUid"], other["ErrorCode"]) == ("none", "ResourceNotFoundException")
    expected = {**finding(unique), "status_id": 4, "comment": "done"}
    assert told() == [expected]
    put_findings_v2(aws.endpoint, [finding(unique)], aws.account, REGION)
    assert told() == [expected]


def test_what_is_wrong_or_not_enabled_is_refused(
    aws: LocalAws, hub: Any, refusal: Callable[..., str]
) -> None:
    assert refusal(hub.batch_update_findings_v2, StatusId=4) == "ValidationException"
    assert (
        refusal(hub.batch_update_findings_v2, MetadataUids=["x"], Comment="x" * 513) == "ValidationException"
    )
    elsewhere: Any = aws.client("securityhub", region=OTHER)
    assert refusal(elsewhere.get_findings_v2) == "ResourceNotFoundException"
    with pytest.raises(BadInput, match="is not enabled"):
        put_findings_v2(aws.endpoint, [finding("x")], aws.account, OTHER)
