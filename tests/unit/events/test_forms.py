"""One event is read in the forms that people have it in, with errors that name the field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.events.forms import event_in
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples.security_hub import asff, v2
from ringfence.model.document import Document
from ringfence.model.errors import BadInput

Json = dict[str, Any]
EVENT = samples.instance_finding()
DETAIL = EVENT["detail"]
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
    read = event_in(Document(EVENT))
    assert (read.source, read.detail_type) == ("aws.guardduty", "GuardDuty Finding")
    assert (read.account, read.region, read.detail) == (samples.ADMINISTRATOR, samples.REGION, DETAIL)
    assert json.loads(str(read.entry["Detail"])) == DETAIL


def test_a_finding_by_itself_is_for_the_bus_of_its_account() -> None:
    read = event_in(Document(DETAIL))
    assert (read.account, read.region, read.detail) == (samples.ACCOUNT, samples.REGION, DETAIL)


def test_a_finding_of_get_findings_is_read() -> None:
    assert event_in(Document(ANSWER)).detail["resource"] == {
        "resourceType": "Instance",
        "instanceDetails": {"instanceId": samples.INSTANCE},
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"\(document\): must be an event with source and detail-type"),
        ({**EVENT, "account": "12"}, "account: must be a 12-digit account id, not '12'"),
        ({**EVENT, "region": "Mars"}, "region: must be a region such as eu-west-1, not 'Mars'"),
        ({**EVENT, "detail": 1}, "detail: is required and must be an object, not 1"),
        ({**EVENT, "source": None}, "source: is required"),
        ({**ANSWER, "Region": 1}, "Region: must be a string, not 1"),
        ({**ANSWER, "Id": ""}, "Id: is required"),
        ({"ProductArn": "x"}, "AwsAccountId: is required"),
        ({"class_uid": 2004}, "finding_info: is required"),
    ],
)
def test_what_is_no_event_is_refused_with_its_field(given: Json, said: str) -> None:
    with pytest.raises(BadInput, match=f"^.*{said}"):
        event_in(Document(given))


def test_an_event_without_an_account_leaves_the_bus_open() -> None:
    read = event_in(Document({name: EVENT[name] for name in EVENT if name not in ("account", "region")}))
    assert (read.account, read.region) == ("", "")


@pytest.mark.parametrize(
    ("finding", "kind"),
    [(asff(), "Security Hub Findings - Imported"), (v2(), "Findings Imported V2")],
    ids=["ASFF", "OCSF"],
)
def test_a_finding_of_security_hub_is_the_event_that_it_sends(finding: Json, kind: str) -> None:
    read = event_in(Document.of(finding))
    assert (read.source, read.detail_type, read.region) == ("aws.securityhub", kind, "eu-west-1")
    assert read.detail == {"findings": [finding]}
    assert read.entry["DetailType"] == kind
