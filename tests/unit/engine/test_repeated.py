"""A version of a finding that is answered is no news, whatever its source says. A new version is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringfence.engine.incident_start import incident_start
from ringfence.engine.prospect import Prospect
from ringfence.engine.repeated import is_answered
from ringfence.model.claims import SourceAnswer, Verdict
from ringfence.model.frozen import replace
from ringfence.policy.decision import Mode
from ringfence.record.seal import Proof
from ringfence.record.status import IncidentStatus
from tests.support.worlds import NOON, estate, finding, order
from tests.unit.engine.test_claims import ABSENT, BLINDED, REFUTED, THROTTLED, Home

LATER = [BLINDED, REFUTED, ABSENT, THROTTLED]
ARCHIVED = SourceAnswer(Verdict.BLINDED, "finding f-1 was archived since its event")
SECOND = timedelta(seconds=1)
LATER_VERSIONS = [
    {"updated": NOON + SECOND},
    {"updated": NOON, "count": 9},
    {"updated": NOON, "severity": 8.5},
    {"updated": NOON, "type": "Trojan:EC2/DNSDataExfiltration"},
]


def complete(count: int = 3) -> Home:
    """Return an incident that is complete."""
    home = Home()
    home.receive(count=count)
    assert home.go_on().status is IncidentStatus.COMPLETE
    home.clock.tick(minutes=5)
    return home


@pytest.mark.parametrize("answer", LATER, ids=lambda one: one.verdict)
@pytest.mark.parametrize("cap", [Mode.DRY_RUN, Mode.AUTO], ids=str)
def test_an_answered_version_is_no_news_whatever_its_source_says(answer: SourceAnswer, cap: Mode) -> None:
    home = complete()
    before, calls = home.history.entries, len(home.cloud.calls)
    home.cloud.answer = answer
    result = home.receive(cap=cap, count=3)
    assert result.status is IncidentStatus.JOINED
    assert "has answered this version" in result.reason
    assert result.followups == ()
    assert home.history.entries == before
    assert len(home.cloud.calls) == calls


@pytest.mark.parametrize(
    "older",
    [{"updated": NOON - SECOND}, {"updated": NOON, "severity": 7.0}, {"updated": NOON, "count": 1}],
    ids=lambda one: next(reversed(one)),
)
def test_a_version_that_says_less_than_the_answered_one_is_no_news(older: dict[str, object]) -> None:
    home = complete()
    before = home.history.entries
    home.cloud.answer = ARCHIVED
    home.receive(**{"count": 3, **older})  # type: ignore[arg-type]  # a test names what it changes
    assert home.history.entries == before


@pytest.mark.parametrize("newer", LATER_VERSIONS, ids=lambda one: next(reversed(one)))
def test_a_new_version_of_an_archived_finding_is_judged_as_before(newer: dict[str, object]) -> None:
    home = complete()
    home.cloud.answer = ARCHIVED
    result = home.receive(**{"count": 3, **newer})  # type: ignore[arg-type]  # a test names what it changes
    assert result.status is IncidentStatus.DRY_RUN
    assert home.last.source == ARCHIVED
    assert home.told[-1].startswith("[URGENT, high] source cannot confirm the finding: ")


def test_a_new_version_that_is_confirmed_is_no_news_either_once_it_is_archived() -> None:
    home = complete()
    newer = home.clock()
    home.receive(updated=newer, count=4)
    before = home.history.entries
    home.cloud.answer = ARCHIVED
    home.clock.tick(minutes=1)
    home.receive(updated=newer, count=4)
    home.receive(count=3)
    assert home.history.entries == before


def test_a_version_is_news_before_everything_is_done() -> None:
    home = Home()
    home.receive()
    home.cloud.answer = ARCHIVED
    home.receive()
    assert home.last.source == ARCHIVED


def test_a_version_is_news_if_its_containment_was_undone() -> None:
    home = complete()
    home.cloud.world = estate()
    home.cloud.answer = ARCHIVED
    assert home.receive(count=3).status is IncidentStatus.DRY_RUN
    assert home.last.source == ARCHIVED


def test_what_only_a_denied_version_led_to_is_not_answered() -> None:
    home = complete()
    home.cloud.answer = REFUTED
    home.receive(id="f-2", updated=home.clock())
    home.cloud.answer = ABSENT
    home.receive(id="f-2", updated=home.clock())
    assert home.last.source == ABSENT


def test_a_source_that_has_never_answered_is_asked_again() -> None:
    home = Home(THROTTLED)
    home.receive()
    home.go_on()
    assert home.receive().followups != ()


def test_a_finding_that_a_person_chose_is_news() -> None:
    home = complete()
    home.cloud.answer = ARCHIVED
    home.receive(count=3, chosen=("approve", "kim chose it"))
    assert home.last.source == ARCHIVED


def test_entries_that_nobody_can_prove_answer_nothing() -> None:
    history, asked = complete().history, order(received=finding())
    start = incident_start(asked, history, NOON)
    assert is_answered(asked, history, Prospect(start, start))
    unproved = replace(history, proof=Proof(unsealed=(1,)))
    assert unproved.proof.unproved
    assert not is_answered(asked, unproved, Prospect(start, start))
