"""The claim of every event that leads to changes is checked at its source, as docs/claims.md says.

Every trigger of the catalogue is in the table, and the permissions of a trigger are the calls that check the
claims of its findings: all of them, and no others.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.rereading import NOT_ASKED, rereadings
from ringfence.local.samples.of_trigger import samples
from ringfence.model.codec import recorded_name
from ringfence.model.kinds.account import AccountRef
from ringfence.model.reviews import ReviewTrigger
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.conversations import ways
from tests.support.laws.permissions import action
from tests.support.laws.permissions import check as possible
from tools.claims import document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Call
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.trigger import Trigger

PAGE = Path(__file__).resolve().parents[2] / "docs" / "claims.md"
ROWS = tuple(rereadings())
EACH = [
    pytest.param(runbook, trigger, id=f"{runbook.id}-{trigger.id}-{number}")
    for runbook in CATALOGUE.values()
    for number, trigger in enumerate(runbook.triggers)
    if not isinstance(trigger, ReviewTrigger)
]
"""A scheduled review is no event: Ringfence lists the resources itself."""


def told(runbook: Runbook, trigger: Trigger) -> Iterator[Finding]:
    """Yield findings of every type of a trigger."""
    for type_ in trigger.types:
        for kind in (runbook.subject, AccountRef):  # the account stands for what a review lists
            for event in samples(trigger, type_, kind):
                found = findings(event)
                yield from () if isinstance(found, NotForUs) else filter(trigger.matches, found)


def asked(finding: Finding) -> Iterator[Call]:
    """Yield every call that may check the claim of a finding, whatever is answered."""
    if finding.claim:
        source = import_module(f"ringfence.events.{finding.claim.source}.claim")
        for calls in ways(partial(source.check, finding, finding.subjects[0])):
            yield from calls


@pytest.mark.parametrize(("runbook", "trigger"), EACH)
def test_every_trigger_is_in_one_row_of_the_table(runbook: Runbook, trigger: Trigger) -> None:
    rows = [one for one in ROWS if type(trigger) in one.triggers]
    assert len(rows) == 1, f"{runbook.id}: say in rereading.py how {type(trigger).__name__} is checked"


@pytest.mark.parametrize(("runbook", "trigger"), EACH)
def test_the_permissions_of_a_trigger_are_the_calls_that_check_its_claims(
    runbook: Runbook, trigger: Trigger
) -> None:
    actions = set()
    for finding in {one.type: one for one in told(runbook, trigger)}.values():
        for call in asked(finding):
            possible(call)
            actions.add(action(call))
    (row,) = (one for one in ROWS if type(trigger) in one.triggers)
    assert {one.action for one in trigger.permissions} == (actions if row.changes else set())


@pytest.mark.parametrize(("runbook", "trigger"), EACH)
def test_the_findings_of_a_trigger_claim_what_the_table_says(runbook: Runbook, trigger: Trigger) -> None:
    (row,) = (one for one in ROWS if type(trigger) in one.triggers)
    claims = {recorded_name(type(one.claim)) if one.claim else "" for one in told(runbook, trigger)}
    assert claims <= {row.claim}


def test_only_runbooks_with_findings_of_guardduty_may_read_findings() -> None:
    reading = {
        id_
        for id_, one in CATALOGUE.items()
        if "guardduty:GetFindings" in {need.action for need in one.permissions()}
    }
    answering = {
        id_
        for id_, one in CATALOGUE.items()
        for trigger in one.triggers
        for row in ROWS
        if row.claim == "HeldFinding" and row.changes and type(trigger) in row.triggers
    }
    assert reading == answering
    assert reading < set(CATALOGUE)


def test_no_release_reads_findings() -> None:
    for one in CATALOGUE.values():
        assert "guardduty:GetFindings" not in {need.action for need in one.release_permissions()}


def test_every_row_says_what_follows_from_each_answer() -> None:
    for one in ROWS:
        answers = (one.refuted, one.unknown, one.blinded)
        assert one.changes == (NOT_ASKED not in answers[:2]), one


def test_the_page_is_generated_from_the_declarations() -> None:
    assert PAGE.read_text("utf-8") == document()
