"""What a finding of Security Hub says about its incident, and what a write changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.document import Document
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.record.chain import link
from ringfence.record.facts import FindingReceived, Intended, Outcome, Released, Result, Verified
from ringfence.record.hub_update import AUTHOR, LONGEST_NOTE, Wanted, Workflow, update, wanted
from ringfence.record.summary import Summary
from tests.support.fakes.chains import INCIDENT, finding, stamp
from tests.support.notice_kinds import ACTED, AUTO, BROKEN, COMPLETE, CONTAINED, OPEN, STEP, UNDOING, decided

if TYPE_CHECKING:
    from ringfence.record.facts import Fact

EXEMPT = decided(Mode.NOTIFY, DecisionCode.EXEMPT, "the policy exempts it: a honeypot")


def now(*facts: Fact) -> Summary:
    return Summary.of(link(stamp(), None, (received(), *facts)))


def received() -> Fact:
    return FindingReceived(finding())


def after(found: dict[str, Any], want: Wanted) -> dict[str, Any]:
    """Return a finding as it is after the write."""
    return {**found, **update(Document(found), want)}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((), Workflow.NOTIFIED),
        ((decided(Mode.DRY_RUN),), Workflow.NEW),
        ((decided(Mode.NOTIFY),), Workflow.NEW),
        ((*ACTED, OPEN), Workflow.NOTIFIED),
        ((*ACTED, CONTAINED), Workflow.NOTIFIED),
        ((*ACTED, COMPLETE), Workflow.RESOLVED),
        ((*ACTED, COMPLETE, BROKEN), Workflow.NOTIFIED),
        ((*ACTED, COMPLETE, *UNDOING, Released()), Workflow.NOTIFIED),
        ((EXEMPT,), Workflow.NEW),
    ],
)
def test_the_status_follows_from_how_the_incident_stands(facts: tuple[Fact, ...], expected: Workflow) -> None:
    assert wanted(now(*facts)).workflow is expected


def test_a_portal_of_the_owner_is_linked_near_the_beginning_so_that_no_long_note_cuts_it_off() -> None:
    many = [replace(CONTAINED, exposure=tuple(f"risk {number} " * 20 for number in range(20)))]
    found = wanted(now(*ACTED, *many), link="https://portal.example.com/{incident}?from=hub")
    address = f"https://portal.example.com/{INCIDENT}?from=hub"
    assert f". {address} " in found.note
    assert found.fields["ringfence:link"] == address
    assert "ringfence:link" not in wanted(now(*ACTED)).fields
    assert "https" not in wanted(now(*ACTED)).note


def test_findings_about_exempt_resources_are_suppressed_by_choice() -> None:
    assert wanted(now(EXEMPT), suppress_exempt=True).workflow is Workflow.SUPPRESSED
    assert "a honeypot" in wanted(now(EXEMPT), suppress_exempt=True).note
    assert wanted(now(decided(Mode.NOTIFY)), suppress_exempt=True).workflow is Workflow.NEW


def test_the_note_says_the_incident_what_was_done_what_is_left_and_what_to_type() -> None:
    note = wanted(now(*ACTED, OPEN)).note
    assert note == (
        f"Ringfence {INCIDENT}: not contained. Done: 1, the last one: turn the key of front. "
        "Left: turn the key of front. Next: ringfence run contain-instance i-0123456789abcdef0 --account "
        '111122223333 --region eu-west-1 --reason "…"'
    )
    fields = wanted(now(*ACTED, OPEN)).fields
    assert fields["ringfence:incident"] == INCIDENT
    assert (fields["ringfence:status"], fields["ringfence:changes"], fields["ringfence:left"]) == (
        *("open", "1"),
        "1",
    )


def test_a_note_fits_whatever_is_left() -> None:
    left = Verified(contained=False, complete=False, remaining=("é" * 5000,))
    many = (*ACTED, *(one for n in range(40) for one in (Intended(f"m-{n}", "isolate", STEP),)), left)
    assert len(wanted(now(*many)).note) <= LONGEST_NOTE
    assert all(len(one) <= 1024 for one in wanted(now(*many)).fields.values())


RESOLVED, NOTIFIED = wanted(now(*ACTED, COMPLETE)), wanted(now(*ACTED, CONTAINED))
BROKEN_AGAIN = wanted(now(*ACTED, COMPLETE, BROKEN))


def test_a_finding_that_somebody_suppressed_is_left_alone() -> None:
    assert update(Document({"Workflow": {"Status": "SUPPRESSED"}}), BROKEN_AGAIN) == {}


def test_a_note_of_somebody_else_is_kept() -> None:
    theirs = {"Note": {"Text": "I look at it", "UpdatedBy": "kim"}}
    changed = update(Document({**theirs, "Workflow": {"Status": "NEW"}}), RESOLVED)
    assert "Note" not in changed
    assert changed["Workflow"] == {"Status": "RESOLVED"}
    assert "ringfence:next" in changed["UserDefinedFields"]  # type: ignore[operator]


def test_fields_of_somebody_else_are_kept() -> None:
    changed = update(Document({"UserDefinedFields": {"ticket": "SEC-1"}}), RESOLVED)
    assert changed["UserDefinedFields"]["ticket"] == "SEC-1"  # type: ignore[index]


def test_what_ringfence_resolved_is_opened_again_when_the_containment_is_undone() -> None:
    resolved = after({"Workflow": {"Status": "NEW"}}, RESOLVED)
    assert resolved["Workflow"] == {"Status": "RESOLVED"}
    assert after(resolved, BROKEN_AGAIN)["Workflow"] == {"Status": "NOTIFIED"}


def test_what_somebody_else_resolved_is_opened_again_only_if_the_containment_is_undone() -> None:
    theirs = {"Workflow": {"Status": "RESOLVED"}}
    assert "Workflow" not in update(Document(theirs), NOTIFIED)
    assert update(Document(theirs), BROKEN_AGAIN)["Workflow"] == {"Status": "NOTIFIED"}


STATUSES = st.sampled_from((*Workflow, None))
SUPPRESSED = wanted(now(EXEMPT), suppress_exempt=True)
WANTS = (RESOLVED, NOTIFIED, BROKEN_AGAIN, SUPPRESSED, wanted(now(EXEMPT)))
WANTED = st.sampled_from(WANTS)
FOUND = st.fixed_dictionaries(
    {},
    optional={
        "Workflow": st.fixed_dictionaries({"Status": st.sampled_from(list(Workflow))}),
        "Note": st.fixed_dictionaries(
            {"Text": st.text(min_size=1, max_size=9), "UpdatedBy": st.sampled_from((AUTHOR, "kim"))}
        ),
        "UserDefinedFields": st.dictionaries(
            st.sampled_from(("ringfence:incident", "ringfence:status", "ringfence:workflow", "ticket")),
            st.sampled_from(("RESOLVED", "complete", INCIDENT, "SEC-1")),
        ),
    },
)


@pytest.mark.parametrize("want", WANTS, ids=["resolved", "notified", "broken", "suppressed", "new"])
@pytest.mark.parametrize("ours", [None, *Workflow])
@pytest.mark.parametrize("status", [None, *Workflow])
def test_whatever_the_status_is_one_write_sets_it(
    status: Workflow | None, ours: Workflow | None, want: Wanted
) -> None:
    found: dict[str, Any] = {"Workflow": {"Status": status}} if status else {}
    found |= {"UserDefinedFields": {"ringfence:workflow": ours}} if ours else {}
    assert update(Document(after(found, want)), want) == {}


@given(FOUND, WANTED)
def test_a_second_write_changes_nothing(found: dict[str, Any], want: Wanted) -> None:
    """Each write makes Security Hub send an event. So the event of a write must not cause another one."""
    assert update(Document(after(found, want)), want) == {}


@given(FOUND)
def test_no_forged_field_keeps_an_undone_containment_hidden(found: dict[str, Any]) -> None:
    """Everybody who may update findings can write the note and the fields of Ringfence."""
    status = after(found, BROKEN_AGAIN).get("Workflow", {}).get("Status")
    suppressed = found.get("Workflow", {}).get("Status") == "SUPPRESSED"
    assert status == ("SUPPRESSED" if suppressed else "NOTIFIED")


def test_an_outcome_that_failed_is_not_said_to_be_done() -> None:
    failed = (AUTO, Intended("n-1", "isolate", STEP), Outcome("n-1", Result.FAILED), replace(OPEN))
    assert "Done" not in wanted(now(*failed)).note
