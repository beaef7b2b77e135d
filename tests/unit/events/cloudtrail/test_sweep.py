"""What a sweep reads at CloudTrail, and the events that it makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ringfence.events.cloudtrail.sweep import ROOT_USER, page, sweep, watched
from ringfence.events.dispatch import findings
from ringfence.local.samples.calls import by_root, call_event
from ringfence.model.place import Place
from ringfence.model.sweep import Page, Window
from tests.support.fakes.sources import Sources
from tests.support.talks import refusal, talk

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
PLACE = Place("111122223333", "eu-west-1")
WHERE = (PLACE.account, PLACE.region)
DAY = Window(NOW - timedelta(days=1), NOW)
S3 = "s3.amazonaws.com"


def recorded(event: Any, **changes: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the record of an event."""
    return {**event["detail"], **changes}


def stopped(**changes: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a record of StopLogging."""
    made = call_event("cloudtrail", "StopLogging", {"name": "main"})
    at = (NOW - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return recorded(made, **{"eventTime": at, "eventType": "AwsApiCall", **changes})


def pages(sources: Sources, strand: str) -> list[Page]:
    """Read every page of a strand."""
    found: list[Page] = []
    token = ""
    while not found or token:
        found.append(sources.asked(*WHERE, page(PLACE, strand, DAY, token)))
        token = found[-1].token
    return found


def test_the_event_is_the_record_under_its_own_id() -> None:
    sources = Sources()
    record = stopped()
    sources.records[WHERE] = [record]
    (event,) = (one for each in pages(sources, "cloudtrail.amazonaws.com") for one in each.events)
    assert event["detail"] == record
    assert (event["source"], event["detail-type"]) == ("aws.cloudtrail", "AWS API Call via CloudTrail")
    told = findings(dict(event))
    assert isinstance(told, tuple)
    assert told[0].id == record["eventID"]


@pytest.mark.parametrize(
    "changes",
    [
        {"errorCode": "AccessDenied"},
        {"readOnly": True},
        {"eventType": "AwsServiceEvent"},
        {"eventType": None},
    ],
)
def test_refused_calls_reads_and_service_events_lead_to_no_event(changes: Any) -> None:  # noqa: ANN401 - JSON
    sources = Sources()
    sources.records[WHERE] = [stopped(**changes)]
    (found,) = pages(sources, "cloudtrail.amazonaws.com")
    assert found.events == ()
    assert found.read == 1
    assert found.refused == ("errorCode" in changes)


def test_what_the_root_user_does_is_looked_up_by_its_name_also_where_it_was_refused() -> None:
    sources = Sources()
    made = call_event("sts", "GetCallerIdentity", None, identity=by_root(), error="AccessDenied")
    record = recorded(made, eventType="AwsApiCall")
    at = (NOW - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    sources.records[WHERE] = [{**record, "eventTime": at}, stopped()]
    (found,) = pages(sources, ROOT_USER)
    assert [event["source"] for event in found.events] == ["aws.sts"]


def test_an_iam_user_called_root_has_no_part_in_what_the_root_user_does() -> None:
    def answer(*records: Any) -> Any:  # noqa: ANN401 - JSON
        events = [{"CloudTrailEvent": json.dumps(one)} for one in records]
        return {"Events": events, "NextToken": "more"}

    other = stopped()
    root = recorded(call_event("sts", "GetCallerIdentity", None, identity=by_root()), eventType="AwsApiCall")
    _, found = talk(page(PLACE, ROOT_USER, DAY, ""), (answer(other, other),))
    assert (found.events, found.foreign, found.token) == ((), True, "more")
    _, mixed = talk(page(PLACE, ROOT_USER, DAY, ""), (answer(other, root),))
    assert ([one["source"] for one in mixed.events], mixed.foreign) == (["aws.sts"], False)


def test_a_record_that_cannot_be_read_is_left_out() -> None:
    answer = {"Events": [{"EventId": "1", "CloudTrailEvent": "{"}, {"EventId": "2"}]}
    _, found = talk(page(PLACE, S3, DAY, ""), (answer,))
    assert (found.events, found.read) == ((), 2)


def test_a_region_that_is_not_enabled_has_nothing_to_read() -> None:
    _, found = talk(page(PLACE, S3, DAY, ""), (refusal("OptInRequired"),))
    assert found == Page()


@pytest.mark.parametrize(
    ("strand", "key"), [(S3, "EventSource"), (f"{S3}:PutBucketPolicy", "EventName"), (ROOT_USER, "Username")]
)
def test_a_look_up_has_one_attribute_and_a_time(strand: str, key: str) -> None:
    asked, _ = talk(page(PLACE, strand, DAY, "token"), ({"Events": []},))
    ((call,),) = asked
    assert call.parameters["LookupAttributes"] == [
        {"AttributeKey": key, "AttributeValue": strand.rpartition(":")[2]}
    ]
    assert (call.parameters["StartTime"], call.parameters["EndTime"]) == (DAY.since, DAY.until)
    assert call.parameters["NextToken"] == "token"


def test_services_are_those_of_the_patterns_and_names_only_where_each_is_whole() -> None:
    kind = ["AWS API Call via CloudTrail"]
    found = watched(
        (
            {"detail-type": kind, "detail": {"eventSource": [S3], "eventName": ["PutBucketAcl"]}},
            {"detail-type": kind, "detail": {"eventSource": [S3], "eventName": ["PutBucketPolicy"]}},
            {
                "detail-type": kind,
                "detail": {"eventSource": ["lambda.amazonaws.com"], "eventName": [{"prefix": "Put"}, "Get"]},
            },
            {"detail-type": ["GuardDuty Finding"], "detail": {"type": ["x"]}},
        )
    )
    assert found == {S3: ("PutBucketAcl", "PutBucketPolicy"), "lambda.amazonaws.com": ()}
    made = sweep(found)
    assert made.strands == ("lambda.amazonaws.com", S3, ROOT_USER)
    assert made.parts[S3] == (f"{S3}:PutBucketAcl", f"{S3}:PutBucketPolicy")
