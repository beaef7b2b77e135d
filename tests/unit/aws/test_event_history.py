"""CloudTrail's event history, on answers in the form of botocore's model."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from ringfence.aws.event_history import PAUSE, WAITS, EventHistory
from ringfence.model.errors import BadInput, Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=90)
ASKED = {"StartTime": SINCE, "EndTime": NOW, "MaxResults": 50}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client(
        "cloudtrail", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stubber:
        yield stubber


def event(name: str) -> dict[str, object]:
    return {"EventId": name, "CloudTrailEvent": json.dumps({"eventName": name})}


def test_every_page_is_read_slower_than_the_rate_that_cloudtrail_allows(stub: Stubber) -> None:
    stub.add_response("lookup_events", {"Events": [event("A"), event("B")], "NextToken": "t"}, ASKED)
    stub.add_response("lookup_events", {"Events": [event("C")]}, {**ASKED, "NextToken": "t"})
    slept: list[float] = []
    found = list(EventHistory(stub.client, slept.append).records(SINCE, NOW))
    assert found == [{"eventName": one} for one in "ABC"]
    assert slept == [PAUSE]
    assert PAUSE >= 1 / 2


def test_cloudtrail_searches_for_the_name_of_a_user(stub: Stubber) -> None:
    by_name = [{"AttributeKey": "Username", "AttributeValue": "web"}]
    stub.add_response("lookup_events", {"Events": []}, {**ASKED, "LookupAttributes": by_name})
    assert list(EventHistory(stub.client, lambda _: None).records(SINCE, NOW, "web")) == []
    stub.assert_no_pending_responses()


def test_what_is_throttled_is_asked_again_and_given_up_in_the_end(stub: Stubber) -> None:
    slept: list[float] = []
    stub.add_client_error("lookup_events", "ThrottlingException", http_status_code=400)
    stub.add_response("lookup_events", {"Events": [event("A")]}, ASKED)
    assert len(list(EventHistory(stub.client, slept.append).records(SINCE, NOW))) == 1
    assert slept == [WAITS[0]]
    for _ in (*WAITS, None):
        stub.add_client_error("lookup_events", "ThrottlingException", http_status_code=400)
    with pytest.raises(Retryable):
        list(EventHistory(stub.client, lambda _: None).records(SINCE, NOW))


def test_a_denial_is_not_asked_again(stub: Stubber) -> None:
    slept: list[float] = []
    stub.add_client_error("lookup_events", "AccessDeniedException", http_status_code=400)
    with pytest.raises(Retryable):
        list(EventHistory(stub.client, slept.append).records(SINCE, NOW))
    assert slept == []


def test_an_event_without_a_record_is_bad_input(stub: Stubber) -> None:
    stub.add_response("lookup_events", {"Events": [{"EventId": "a"}]}, ASKED)
    with pytest.raises(BadInput):
        list(EventHistory(stub.client, lambda _: None).records(SINCE, NOW))
