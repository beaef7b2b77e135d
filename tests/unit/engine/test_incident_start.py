"""Which incident is gone on with, and that a continuation is a message in a queue, and may be anybody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.incident_end import AGE
from ringfence.engine.incident_start import incident_start
from ringfence.model.errors import BadInput
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey, Lease, Stamp, link
from ringfence.record.facts import (
    Closed,
    DecisionMade,
    FindingReceived,
    Intended,
    Outcome,
    Planned,
    Result,
    RunRequested,
    Verified,
)
from ringfence.record.history import History
from ringfence.remediations.protect_termination import SetTerminationProtection
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.logging.logging_notes import RecordKeyBaseline
from tests.support.worlds import AUTO, DRY_RUN, LEASE, NOON, NOTIFY, REF, finding, order

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.record.facts import Fact

STAMP = Stamp(ChainKey("contain-instance", REF.key), "inc-1", "test", "a-1", NOON)
CHOSEN = (("auto-scaling", "detach"),)


def decided(decision: Decision, *remediations: str) -> DecisionMade:
    return DecisionMade(decision, NOON, "f-1", remediations, CHOSEN)


def recorded(*facts: Fact) -> History:
    return History(link(STAMP, None, facts))


def go_on(history: History, *remediations: str, way: str = "detach") -> Mode:
    asked = order(decision=None, runbook=CONTAIN_INSTANCE.narrowed(remediations))
    return incident_start(replace(asked, choices=(("auto-scaling", way),)), history, NOON).decision.mode


def test_what_was_decided_on_goes_on_and_so_does_a_part_of_it() -> None:
    history = recorded(decided(AUTO, "isolate-instance", "leave-auto-scaling"))
    assert go_on(history, "isolate-instance", "leave-auto-scaling") is Mode.AUTO
    assert go_on(history, "leave-auto-scaling") is Mode.AUTO


def test_what_nobody_decided_on_does_not_go_on() -> None:
    with pytest.raises(BadInput, match="remediations: must be part of the decision"):
        go_on(recorded(decided(AUTO, "isolate-instance")), "isolate-instance", "stop-instance")


def test_what_was_only_tried_out_is_not_carried_out_beside_what_was_decided() -> None:
    history = recorded(decided(AUTO, "isolate-instance"), decided(DRY_RUN, "stop-instance"))
    with pytest.raises(BadInput, match="stop-instance"):
        go_on(history, "isolate-instance", "stop-instance")


def test_an_option_goes_on_as_it_was_decided() -> None:
    with pytest.raises(BadInput, match=r"choices\.auto-scaling: must match the decision"):
        go_on(recorded(decided(AUTO, "leave-auto-scaling")), "leave-auto-scaling", way="standby")


def test_an_option_that_is_newer_than_the_decision_does_no_harm() -> None:
    made = replace(decided(AUTO, "leave-auto-scaling"), choices=())
    assert go_on(recorded(made), "leave-auto-scaling") is Mode.AUTO


OLD = NOON + AGE
LATER = finding("f-1", updated=OLD, count=600)
"""An update of a finding, a week after the incident was opened."""
PROTECT = SetTerminationProtection(REF.id, before=False, after=True)
NOTE = RecordKeyBaseline(frozenset({"trail"}))
DONE = Verified(contained=True, complete=True, whole=True)


def untouched(decision: Decision = NOTIFY) -> tuple[Fact, ...]:
    asked = order(decision=decision)
    return (finding("f-1"), DecisionMade(decision, NOON, "f-1", asked.runbook.ids, asked.choices))


def opens(
    history: History,
    received: FindingReceived = LATER,
    decision: Decision = NOTIFY,
    *,
    at: timedelta = AGE,
    finds: bool = True,
) -> bool:
    """Say whether a finding opens another incident."""
    asked = order(OLD, received=received, decision=decision)
    return incident_start(asked, history, NOON + at, finds=finds).is_new


@pytest.mark.parametrize("decision", [NOTIFY, DRY_RUN, AUTO])
@pytest.mark.parametrize("was", [NOTIFY, DRY_RUN])
def test_a_week_old_incident_in_which_nothing_was_carried_out_is_joined_no_more(
    was: Decision, decision: Decision
) -> None:
    history = recorded(*untouched(was), Planned("isolate", "digest", (PROTECT,)))
    assert opens(history, decision=decision)
    assert not opens(history, decision=decision, at=AGE - timedelta(seconds=1))


def test_what_follows_an_old_incident_sorts_behind_it_also_where_its_finding_is_older() -> None:
    before = incident_start(order(decision=NOTIFY), History(), NOON).incident
    history = History(link(replace(STAMP, incident=before), None, untouched()))
    late = finding("f-2", updated=NOON - timedelta(days=9))
    begun = incident_start(order(OLD, received=late, decision=NOTIFY), history, OLD)
    assert begun.is_new
    assert begun.incident > before


def test_how_old_an_incident_is_no_finding_says() -> None:
    """Its age counts from when it was recorded: a finding may claim any time."""
    old = finding("f-1", updated=NOON - timedelta(days=400))
    history = recorded(old, DecisionMade(NOTIFY, old.finding.updated_at, "f-1"))
    assert not opens(history, finding("f-2", updated=NOON + timedelta(days=400)), at=timedelta(minutes=15))


def test_a_redelivery_opens_no_other_incident() -> None:
    begun = incident_start(order(received=finding("f-1"), decision=NOTIFY), recorded(*untouched()), OLD)
    assert (begun.is_new, begun.outdated) == (False, False)
    assert begun.facts == ()


def test_a_routine_look_that_finds_the_same_again_opens_no_other_incident() -> None:
    """A person was told of it, and is not told every week."""
    history = recorded(finding("review", routine=True), DecisionMade(DRY_RUN, NOON, "review"))
    assert not opens(history, finding("review", updated=OLD, routine=True), DRY_RUN)
    assert opens(history, finding("another", updated=OLD, routine=True), DRY_RUN)


def test_a_person_goes_on_with_the_old_incident_that_they_were_told_of() -> None:
    request = RunRequested("run", "it does talk to its master")
    begun = incident_start(order(OLD, request=request), recorded(*untouched()), OLD)
    assert begun.incident == STAMP.incident
    assert begun.opened_at == OLD


def test_what_was_left_to_do_goes_on_however_old_the_incident_is() -> None:
    asked = order(OLD, decision=None, incident=STAMP.incident)
    begun = incident_start(asked, recorded(*untouched(DRY_RUN)), OLD)
    assert begun.incident == STAMP.incident


@pytest.mark.parametrize("step", [PROTECT, NOTE])
@pytest.mark.parametrize("result", ["", Result.APPLIED, Result.REFUSED])
def test_an_incident_with_a_step_or_a_note_goes_on_however_old_it_is(step: Step, result: str) -> None:
    tried = (Outcome("a-1.0", result),) if result else ()
    history = recorded(*untouched(AUTO), Intended("a-1.0", "isolate", step), *tried, DONE)
    assert not opens(history, at=timedelta(days=400), decision=AUTO)


def test_an_incident_that_may_still_change_something_goes_on_however_old_it_is() -> None:
    assert not opens(recorded(*untouched(AUTO)), at=timedelta(days=400))
    left = replace(DONE, complete=False, review=("what the key left behind",))
    assert not opens(recorded(*untouched(AUTO), left), at=timedelta(days=400))


@pytest.mark.parametrize("end", [DONE, Closed("it does not exist")])
@pytest.mark.parametrize("finds", [True, False])
def test_an_incident_that_ended_without_a_step_is_joined_no_more_after_a_week(
    end: Fact, *, finds: bool
) -> None:
    """There is nothing in it to undo, so another may stand before it in which nothing is done either."""
    history = recorded(*untouched(AUTO), end)
    assert opens(history, decision=AUTO, finds=finds)
    assert not opens(history, decision=AUTO, finds=False, at=AGE - timedelta(seconds=1))


def test_no_incident_is_opened_beside_one_on_which_somebody_acts() -> None:
    history = recorded(*untouched())
    lease = Lease("a-2", OLD + LEASE, STAMP.incident)
    assert not opens(History(history.entries, lease))
    assert opens(History(history.entries, replace(lease, until=OLD)))
