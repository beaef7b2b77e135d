"""Security Hub holds findings and custom actions, filters and updates findings, and sends their events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.security_hub.trigger import IMPORTED
from ringfence.local.samples.security_hub import asff

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-north-1"


@pytest.fixture
def hub(aws: Any) -> Any:
    found = aws.client("securityhub", region=REGION)
    found.enable_security_hub()
    return found


@pytest.fixture
def told(heard: Callable[..., Any]) -> Callable[[], list[dict[str, Any]]]:
    """Give a function that waits for the next events of Security Hub."""
    found: Callable[[], list[dict[str, Any]]] = heard(REGION, "aws.securityhub", IMPORTED)
    return found


def test_a_finding_that_is_imported_is_held_and_its_event_is_sent(
    hub: Any, told: Callable[[], list[dict[str, Any]]], unique: str
) -> None:
    finding = asff(Id=unique)
    answer = hub.batch_import_findings(Findings=[finding, asff(Id="bad", Resources=[])])
    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 1)
    assert [one["Id"] for one in answer["FailedFindings"]] == ["bad"]
    (event,) = told()
    assert event["detail-type"] == "Security Hub Findings - Imported"
    assert event["resources"] == [f"{finding['ProductArn']}/{unique}"]
    (sent,) = event["detail"]["findings"]
    assert (sent["Id"], sent["RecordState"], sent["Workflow"]) == (unique, "ACTIVE", {"Status": "NEW"})
    filters = {"Id": [{"Value": unique, "Comparison": "EQUALS"}]}
    assert [one["Id"] for one in hub.get_findings(Filters=filters)["Findings"]] == [unique]
    filters["RecordState"] = [{"Value": "ARCHIVED", "Comparison": "EQUALS"}]
    assert hub.get_findings(Filters=filters)["Findings"] == []


def test_an_update_is_sent_again_with_the_same_time_and_outlives_the_next_import(
    hub: Any, told: Callable[[], list[dict[str, Any]]], unique: str
) -> None:
    finding = asff(Id=unique)
    hub.batch_import_findings(Findings=[finding])
    told()
    named = {"Id": unique, "ProductArn": finding["ProductArn"]}
    answer = hub.batch_update_findings(
        FindingIdentifiers=[named, {**named, "Id": "none"}],
        Note={"Text": "contained", "UpdatedBy": "ringfence"},
        Workflow={"Status": "NOTIFIED"},
        UserDefinedFields={"incident": "inc-1"},
    )
    assert answer["ProcessedFindings"] == [named]
    assert [one["ErrorCode"] for one in answer["UnprocessedFindings"]] == ["FindingNotFound"]
    ((sent,),) = (event["detail"]["findings"] for event in told())
    assert (sent["Note"]["UpdatedBy"], sent["Workflow"]) == ("ringfence", {"Status": "NOTIFIED"})
    assert sent["UpdatedAt"] == finding["UpdatedAt"]
    hub.batch_import_findings(Findings=[finding])
    ((again,),) = (event["detail"]["findings"] for event in told())
    assert again["UserDefinedFields"] == {"incident": "inc-1"}


def test_custom_actions_are_created_once_changed_and_deleted(hub: Any, refusal: Callable[..., str]) -> None:
    given = {"Name": "Ringfence: plan", "Description": "Show it", "Id": "RingfencePlan"}
    arn = hub.create_action_target(**given)["ActionTargetArn"]
    assert arn.endswith(":action/custom/RingfencePlan")
    assert refusal(hub.create_action_target, **given) == "ResourceConflictException"
    assert refusal(hub.create_action_target, **{**given, "Id": "not-so"}) == "InvalidInputException"
    long = {**given, "Id": "Long", "Name": "x" * 21}
    assert refusal(hub.create_action_target, **long) == "InvalidInputException"
    hub.update_action_target(ActionTargetArn=arn, Name="Ringfence: show")
    (found,) = hub.describe_action_targets(ActionTargetArns=[arn])["ActionTargets"]
    assert (found["Name"], found["Description"]) == ("Ringfence: show", "Show it")
    assert hub.delete_action_target(ActionTargetArn=arn)["ActionTargetArn"] == arn
    assert refusal(hub.delete_action_target, ActionTargetArn=arn) == "ResourceNotFoundException"
    assert refusal(hub.describe_action_targets, ActionTargetArns=[arn]) == "ResourceNotFoundException"


def test_without_security_hub_every_call_is_refused(aws: Any, refusal: Callable[..., str]) -> None:
    off = aws.client("securityhub", region="ap-south-1")
    assert refusal(off.batch_import_findings, Findings=[asff()]) == "InvalidAccessException"
    assert refusal(off.describe_action_targets) == "InvalidAccessException"
