"""A person sees the id of a finding that its sender or Security Hub gives it, and no hash."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ringfence.cli.incident_filters import names_of
from ringfence.model.claims import ORIGIN
from ringfence.model.kinds.finding import FindingRef
from ringfence.record.brief import Brief
from ringfence.record.chain import link
from ringfence.record.facts import FindingReceived
from ringfence.record.summary import Summary
from tests.support.fakes.chains import REF, finding, stamp

HASHED = FindingRef(REF.account, REF.region, "C2/Beacon/46ba0ac2845071e246ba0ac2845071e2")
ARN = "arn:aws:inspector2:eu-west-1:111122223333:finding/1"
SENT_ID = "role-ids-of-account-111122223333/office-ids/ids-1"


def brief(subject: str, source: str, id_: str, event: str = "") -> Brief:
    of = replace(stamp(), key=replace(stamp().key, subject=subject))
    received = FindingReceived(replace(finding(), source=source, id=id_), event=event)
    return Brief(Summary.of(link(of, None, (received,))))


@pytest.mark.parametrize(
    ("source", "id_", "event", "shown"),
    [
        ("ringfence.intake", SENT_ID, "", SENT_ID),
        ("aws.securityhub", "46ba0ac2845071e2", json.dumps({ORIGIN: {"Id": ARN, "ProductArn": "p"}}), ARN),
        ("aws.securityhub", "46ba0ac2845071e2", "", HASHED.id),
        ("aws.guardduty", "46ba0ac2845071e2", "", HASHED.id),
    ],
)
def test_a_finding_is_named_as_people_know_it(source: str, id_: str, event: str, shown: str) -> None:
    one = brief(HASHED.key, source, id_, event)
    assert one.shown_id == shown
    assert {shown, HASHED.id, HASHED.key} <= names_of(one)


def test_another_resource_has_its_own_id() -> None:
    assert brief(REF.key, "ringfence.intake", SENT_ID).shown_id == REF.id
