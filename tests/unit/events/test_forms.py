"""Files of events are read in every form that people have them in, with errors that name place and field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.events.forms import FileEvent, events_of
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples.calls import call_event
from ringfence.model.errors import BadInput

Json = dict[str, Any]
EVENT = samples.instance_finding()
DETAIL = EVENT["detail"]
CALL = call_event("guardduty", "DeleteDetector", {"detectorId": "0" * 32})
ANSWER = {
    "Id": DETAIL["id"],
    "Type": DETAIL["type"],
    "AccountId": DETAIL["accountId"],
    "Region": DETAIL["region"],
    "UpdatedAt": DETAIL["updatedAt"],
    "Service": {"DetectorId": "3eb1a8c2", "Archived": False},
    "Resource": {"ResourceType": "Instance", "InstanceDetails": {"InstanceId": samples.INSTANCE}},
}
"""The beginning of a finding as `aws guardduty get-findings` prints it."""


def test_an_event_is_for_the_bus_that_it_names() -> None:
    (read,) = events_of(json.dumps(EVENT))
    assert (read.source, read.detail_type) == ("aws.guardduty", "GuardDuty Finding")
    assert (read.account, read.region, read.detail) == (samples.ADMINISTRATOR, samples.REGION, DETAIL)
    assert json.loads(str(read.entry["Detail"])) == DETAIL


def test_a_finding_by_itself_is_for_the_bus_of_its_account() -> None:
    (read,) = events_of(json.dumps(DETAIL))
    assert (read.account, read.region, read.detail) == (samples.ACCOUNT, samples.REGION, DETAIL)


@pytest.mark.parametrize("given", [{"Findings": [ANSWER, ANSWER]}, [ANSWER, ANSWER], [[ANSWER], ANSWER]])
def test_the_output_of_get_findings_is_read(given: object) -> None:
    first, second = events_of(json.dumps(given))
    assert first == second
    assert first.detail["resource"] == {
        "resourceType": "Instance",
        "instanceDetails": {"instanceId": samples.INSTANCE},
    }


@pytest.mark.parametrize("space", ["\n", "\n\n", "\r\n"])
def test_each_line_can_be_a_document(space: str) -> None:
    read = events_of(space.join(map(json.dumps, (EVENT, DETAIL, CALL))) + space)
    assert [one.source for one in read] == ["aws.guardduty", "aws.guardduty", "aws.guardduty"]
    assert [one.detail_type for one in read][2] == "AWS API Call via CloudTrail"


def test_a_document_over_several_lines_is_one() -> None:
    assert len(events_of(json.dumps(EVENT, indent=2))) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"\(document\): is not one complete JSON document"),
        ("[]", r"\(document\): contains no event"),
        ('{"Findings": []}', r"\(document\): contains no event"),
        ("{}", r"\(document\): must be an event with source and detail-type"),
        ("[{}]", r"item 1: \(document\): must be an event"),
        ("7", r"\(document\): must be an object, not 7"),
        (json.dumps(EVENT)[:-1], r"\(document\): is not one complete JSON document"),
        (json.dumps(EVENT) + "\n{", r"line 2: \(document\): is not one complete JSON document"),
        (json.dumps(EVENT) + "\n[{}]", r"line 2 item 1: \(document\): must be an event"),
        (json.dumps({**EVENT, "account": "12"}), "account: must be a 12-digit account id, not '12'"),
        (json.dumps({**EVENT, "region": "Mars"}), "region: must be a region such as eu-west-1, not 'Mars'"),
        (json.dumps({**EVENT, "detail": 1}), "detail: is required and must be an object, not 1"),
        (json.dumps({**EVENT, "source": None}), "source: is required"),
        (json.dumps({**ANSWER, "Region": 1}), "Region: must be a string, not 1"),
        (json.dumps({"Findings": [{**ANSWER, "Id": ""}]}), r"Findings\[0\].Id: is required"),
        (json.dumps({"Findings": [{"ProductArn": "x"}]}), "is a finding of Security Hub"),
    ],
)
def test_what_is_no_event_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=f"^.*{said}"):
        events_of(text)


def test_an_event_without_an_account_leaves_the_bus_open() -> None:
    given = {name: value for name, value in EVENT.items() if name not in ("account", "region")}
    (read,) = events_of(json.dumps(given))
    assert isinstance(read, FileEvent)
    assert (read.account, read.region) == ("", "")
