"""Of days of a real account's calls, the catalogue acts on those that were reviewed, and on no other."""

from __future__ import annotations

import pytest

from ringfence.local.samples.calls import call_event
from ringfence.model.resource_names import runbook_ids
from tests.support.recorded_calls import GOLDEN, RECORDS, document, read, rules
from tests.support.samples.shared import shared_file


def test_the_catalogue_acts_on_exactly_the_records_that_were_reviewed() -> None:
    """Where it differs for a reason: `python -m tests.support.recorded_calls`, and read what has changed."""
    events = read(shared_file(RECORDS))
    assert len(events) == 253
    assert document(events) == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("id_", runbook_ids())
def test_what_a_runbooks_rules_deliver_is_what_it_answers(id_: str) -> None:
    assert not [event for event in read(shared_file(RECORDS)) if not rules(id_).agrees(event)]


def test_nothing_that_only_reads_or_was_refused_is_acted_on() -> None:
    acted_on = {int(row.split()[0]) for row in GOLDEN.read_text("utf-8").splitlines() if row[0] != "#"}
    details = [event["detail"] for event in read(shared_file(RECORDS))]
    assert acted_on
    assert not [one for one in acted_on if details[one - 1]["readOnly"] or "errorCode" in details[one - 1]]


def test_an_event_that_several_runbooks_act_on_has_a_row_for_each() -> None:
    """A call of our own, which needs no corpus."""
    group = {"groupId": "sg-0a1b2c3d4e5f60718"}
    told = document(
        [call_event("ec2", "CreateTags", group), call_event("ec2", "AuthorizeSecurityGroupIngress", group)]
    )
    rows = [row.split() for row in told.splitlines() if not row.startswith("#")]
    assert rows
    assert {(row[0], row[1], row[3]) for row in rows} == {
        ("2", "AuthorizeSecurityGroupIngress", "security-group")
    }
