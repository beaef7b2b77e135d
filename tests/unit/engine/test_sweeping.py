"""Which findings of a source were not answered, and what a look reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ringfence.engine.incident_end import AGE
from ringfence.engine.sweeping import OVERLAP, Answering, News, is_recorded, news, skipped, window_of
from ringfence.events.taken_in import contains_findings
from ringfence.local.samples.calls import call_event
from ringfence.local.samples.catalogue import samples_of
from ringfence.model.claims import SourceAnswer, Verdict
from ringfence.model.errors import BadInput
from ringfence.model.sweep import Window
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import Entry, Stamp, link
from ringfence.record.facts import Closed, DecisionMade, Released, RunRequested, SourceAsked, Verified
from ringfence.record.sweeps import FURTHEST, Progress
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.chains import INCIDENT, KEY, LATER
from tests.support.worlds import NOON, finding

FIRST = timedelta(days=1)
ANSWERING = Answering(tuple(CATALOGUE.values()), {"our-ssh-rule": "restricted-ssh"})
AUTO = DecisionMade(Decision(Mode.AUTO, "a test"), NOON, remediations=("a",))


def chain(*facts: object, incident: str = INCIDENT, at: float = 60) -> tuple[Entry, ...]:
    """Return the entries of an incident, so many seconds after noon."""
    stamp = Stamp(KEY, incident, "test", "a-1", NOON + timedelta(seconds=at))
    return link(stamp, None, facts)  # type: ignore[arg-type]  # facts


def says(entries: tuple[Entry, ...], *, closes: bool = False, days: float = 0, **changes: object) -> News:
    """Return the news of a version of the finding."""
    one = finding(**changes).finding  # type: ignore[arg-type]  # a test names what it changes
    return news(one, entries, NOON + timedelta(days=days, minutes=5), closes_when_complete=closes)


LATE = NOON + timedelta(minutes=4)


def test_what_no_entry_has_is_unknown() -> None:
    assert says(()) is News.UNKNOWN
    assert says(chain(finding("f-2"), AUTO)) is News.UNKNOWN
    assert says(chain(finding(account="444455556666"), AUTO)) is News.UNKNOWN


def test_a_recorded_version_is_no_news_and_neither_is_an_update_that_an_open_incident_knows() -> None:
    assert says(chain(finding(), AUTO)) is News.NONE
    assert says(chain(finding(), AUTO), updated=LATE) is News.NONE


@pytest.mark.parametrize("verdict", [one for one in Verdict if one.denies])
@pytest.mark.parametrize("at_once", [True, False])
def test_what_the_source_denies_is_not_known(verdict: Verdict, *, at_once: bool) -> None:
    """Somebody can send an event with the id of a true finding."""
    denied = SourceAnswer(verdict, "GuardDuty has another type")
    decided = replace(AUTO, finding="f-1", source=denied if at_once else None)
    answers = () if at_once else (SourceAsked("f-1", denied),)
    forged = chain(finding(severity=9.0, updated=LATE), decided, *answers)
    assert says(forged) is News.UNKNOWN
    assert not is_recorded("f-1", forged)
    assert says((*chain(finding(), AUTO), *forged)) is News.NONE
    unknown = replace(AUTO, finding="f-1", source=SourceAnswer(Verdict.UNKNOWN, "no answer"))
    assert says(chain(finding(), unknown)) is News.NONE


def test_a_higher_severity_is_news() -> None:
    assert says(chain(finding(severity=5.0), AUTO)) is News.RISEN
    assert says(chain(finding(severity=9.0), AUTO)) is News.NONE


@pytest.mark.parametrize(
    "end",
    [
        Released(("the door",)),
        Closed("the instance does not exist"),
        RunRequested("release", "it was meant to be so"),
    ],
)
def test_what_has_ended_rests_until_there_is_activity_after_the_end(end: object) -> None:
    entries = chain(finding(), AUTO, end)
    assert says(entries) is News.NONE
    assert says(entries, updated=NOON + timedelta(seconds=30)) is News.NONE
    assert says(entries, updated=LATE) is News.AGAIN


def test_a_compliance_incident_ends_when_nothing_is_left_to_do() -> None:
    entries = chain(finding(), AUTO, Verified(contained=True, complete=True, remediations=("a",)))
    assert says(entries, updated=LATE, closes=True) is News.AGAIN
    assert says(entries, updated=LATE, closes=False) is News.NONE


def test_a_finding_of_an_earlier_incident_is_known() -> None:
    before = chain(finding(), AUTO, Released(("the door",)))
    after = chain(finding("f-2"), AUTO, incident=LATER)
    assert says((*before, *after)) is News.NONE


def test_an_update_after_an_incident_without_changes_has_aged_opens_another_one_as_its_event_would() -> None:
    entries = chain(finding(), DecisionMade(Decision(Mode.NOTIFY, "a test"), NOON))
    assert says(entries, updated=LATE) is News.NONE
    assert says(entries, updated=LATE, days=AGE.days + 1) is News.AGAIN


def test_what_is_recorded_is_found_by_its_id() -> None:
    assert is_recorded("f-1", chain(finding()))
    assert not is_recorded("f-2", chain(finding()))


def test_the_first_look_goes_back_for_a_while_and_later_ones_overlap() -> None:
    assert window_of(Progress(), FIRST, NOON) == Window(NOON - FIRST, NOON)
    since = NOON - timedelta(hours=1)
    assert window_of(Progress(since), FIRST, NOON) == Window(since - OVERLAP, NOON)


def test_a_look_that_is_not_finished_goes_on_without_overlap() -> None:
    since, reached, until = (NOON - timedelta(hours=hours) for hours in (5, 3, 1))
    assert window_of(Progress(since, reached, until), FIRST, NOON) == Window(reached, until)


def test_a_look_goes_back_a_week_at_most_and_says_so() -> None:
    old = Progress(NOON - FURTHEST - timedelta(hours=2))
    assert window_of(old, FIRST, NOON).since == NOON - FURTHEST
    assert "2026-02-22 10:00 UTC" in skipped(old, NOON)
    assert skipped(Progress(NOON - timedelta(hours=2)), NOON) == ""
    assert skipped(Progress(), NOON) == ""


def test_a_look_that_claims_to_have_come_into_the_future_begins_anew() -> None:
    assert window_of(Progress(NOON + timedelta(days=1)), FIRST, NOON) == Window(NOON - FIRST, NOON)


def test_each_sample_is_a_candidate_in_the_chain_of_its_subject() -> None:
    for sample in samples_of(CATALOGUE.values()):
        if "apiId" in str(sample.event):
            continue  # only the home region's rules know the id of the operators' API
        if contains_findings(sample.event):
            assert ANSWERING.candidates(sample.event, str(sample.event["account"])) == ()
            continue  # the rule of the intake delivers it, and no sweep reads it
        found = ANSWERING.candidates(sample.event, str(sample.event["account"]))
        chains = {key.text for one in found for key, _ in one.chains}
        runbook = CATALOGUE[sample.runbook]
        if isinstance(sample.subject, runbook.subject) and runbook.canonical_subject is None:
            assert f"{sample.runbook}#{sample.subject.key}" in chains, sample.name
        else:
            assert found, sample.name


def test_an_event_that_no_rule_delivers_is_no_candidate() -> None:
    assert ANSWERING.candidates(call_event("ec2", "RunInstances", {}), "111122223333") == ()
    refused = call_event("cloudtrail", "StopLogging", {"name": "main"}, error="AccessDenied")
    assert ANSWERING.candidates(refused, "111122223333") == ()


def test_an_event_that_a_rule_delivers_and_that_is_invalid_is_bad_input() -> None:
    (sample, *_) = samples_of((CATALOGUE["contain-instance"],))
    wrong = {**sample.event, "detail": {**sample.event["detail"], "severity": 11}}
    with pytest.raises(BadInput):
        ANSWERING.candidates(wrong, "111122223333")


def test_the_patterns_of_a_few_accounts_are_kept() -> None:
    made = Answering((CATALOGUE["contain-instance"],), {})
    first = made.patterns("111122223333")
    assert made.patterns("111122223333") is first
    for number in range(4):
        made.patterns(f"{number:012}")
    assert made.patterns("111122223333") is not first
