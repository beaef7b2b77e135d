"""How an incident stands: a fold over its facts, by a table."""

from __future__ import annotations

from itertools import product

import pytest

from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.facts import (
    RELEASE,
    Closed,
    DecisionMade,
    Fact,
    FindingReceived,
    Intended,
    Missed,
    Released,
    Verified,
)
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from ringfence.record.transitions import DECIDED, TRANSITIONS, Event
from ringfence.steps.ec2.lifecycle import stop
from tests.support.worlds import NOON, REF, finding

S = IncidentStatus
FOUND: FindingReceived = finding()
RUN, UNDO = (Intended(f"a.{stage}", stage, stop(REF.id)) for stage in ("isolate", RELEASE))
CONTAINED = Verified(contained=True, complete=False, remaining=("x",))
LEFT = Verified(contained=False, complete=False, remaining=("x",))


def decided(mode: Mode) -> DecisionMade:
    return DecisionMade(Decision(mode, ""), NOON)


AUTO, DRY_RUN = decided(Mode.AUTO), decided(Mode.DRY_RUN)


def status(*facts: Fact, runbook: str = "contain-instance") -> IncidentStatus:
    stamp = Stamp(ChainKey(runbook, REF.key), "inc-1", "test", "a-1", NOON)
    return Summary.of(link(stamp, None, facts)).status


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((), S.NONE),
        ((FOUND,), S.STARTED),
        ((FOUND, AUTO, DRY_RUN), S.DRY_RUN),
        ((FOUND, DRY_RUN, AUTO), S.STARTED),
        ((FOUND, AUTO, CONTAINED, DRY_RUN), S.CONTAINED),
        ((FOUND, AUTO, CONTAINED, LEFT), S.OPEN),
        ((FOUND, AUTO, CONTAINED, Missed("x")), S.CONTAINED),
        ((FOUND, AUTO, CONTAINED, AUTO, UNDO), S.RELEASING),
        ((FOUND, AUTO, CONTAINED, UNDO, LEFT), S.RELEASING),
        ((FOUND, AUTO, CONTAINED, UNDO, UNDO), S.RELEASING),
        ((FOUND, AUTO, CONTAINED, UNDO, LEFT, RUN), S.OPEN),
        ((FOUND, AUTO, CONTAINED, UNDO, RUN), S.CONTAINED),
        ((FOUND, AUTO, CONTAINED, UNDO, Released()), S.RELEASED),
        ((FOUND, AUTO, Closed("x"), CONTAINED), S.CLOSED),
        ((FOUND, AUTO, Closed("x"), UNDO), S.RELEASING),
        ((FOUND, AUTO, UNDO, Closed("x")), S.RELEASING),
        ((FOUND, AUTO, UNDO, Closed("x"), RUN), S.CLOSED),
        ((FOUND, DRY_RUN, Released()), S.RELEASED),
    ],
)
def test_facts_in_their_order_come_to_a_status(facts: tuple[Fact, ...], expected: IncidentStatus) -> None:
    assert status(*facts) is expected


def test_where_remediations_answer_for_themselves_the_worst_counts() -> None:
    done = Verified(contained=True, complete=True, whole=True, remediations=("encrypt-bucket",))
    left = Verified(contained=False, complete=False, remaining=("x",), remediations=("log-bucket-access",))
    assert status(FOUND, AUTO, left, done, runbook="harden-bucket") is S.OPEN
    assert status(FOUND, AUTO, left, done) is S.COMPLETE, "what contains is verified as a whole"


def test_no_event_leads_from_one_status_to_two() -> None:
    sources = [(event, source) for event, froms, _ in TRANSITIONS for source in froms]
    assert len(sources) == len(set(sources))


def test_every_status_can_be_reached_and_only_a_release_is_the_end() -> None:
    reached = {target for _, _, target in TRANSITIONS}
    assert reached == set(S) - {S.NONE, S.JOINED}
    left = {source for _, sources, _ in TRANSITIONS for source in sources}
    assert set(S) - left - {S.JOINED} == {S.RELEASED}


def test_every_event_and_every_mode_has_its_row() -> None:
    assert {event for event, _, _ in TRANSITIONS} == set(Event) - {Event.RUN_BEGAN}
    assert set(DECIDED) == set(Mode)


def test_a_status_is_read_back_from_its_value_and_its_words_are_for_people() -> None:
    assert [S.of_code(one.value) for one in S] == list(S)
    assert S.of_code("something newer") is None
    assert S.of_code("") is None
    assert not [one for one, other in product(S, S) if one.words == other.value and one is not other]
