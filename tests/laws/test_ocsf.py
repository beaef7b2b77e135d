"""Law: every entry becomes valid events of OCSF, and no outcome and no new standing is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.d3fend import RESTORE_CONFIGURATION, TECHNIQUES, technique
from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.dispositions import DISPOSITIONS
from ringfence.record.facts import RELEASE, Fact, FindingReceived, Intended, Outcome, Result
from ringfence.record.ocsf import FACTS, all_events, events
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.runbooks.countermeasures import technique_ids
from tests.support.every_fact import every_fact, kinds
from tests.support.ocsf import check
from tests.support.recorded_chains import read
from tests.support.worlds import NOON, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.record.chain import Entry
    from ringfence.record.ocsf import Event

CHAINS = {(id_, name): chain for id_ in CATALOGUE for name, chain in read(id_).items()}
RESULTS = [value for name, value in vars(Result).items() if name.isupper()]
INCIDENT = "inc-20260301T120000.000000-8ea7008b83"


def intents() -> Iterator[tuple[str, Intended]]:
    """Yield an intent of each class of step of each runbook. Law 9 says that none is missing."""
    found: dict[tuple[str, type[Step], bool], Intended] = {}
    for (id_, _), chain in CHAINS.items():
        for fact in (one.fact for one in chain):
            if isinstance(fact, Intended):
                found.setdefault((id_, type(fact.step), fact.stage == RELEASE), fact)
    yield from ((id_, one) for (id_, *_), one in found.items())


STEPS = [pytest.param(id_, one, id=f"{id_}-{type(one.step).__name__}") for id_, one in intents()]


def entries(runbook: str, *facts: Fact) -> tuple[Entry, ...]:
    """Return a response with these facts, after the finding of which it is about."""
    subject = finding().finding.subjects[0].key
    stamp = Stamp(ChainKey(runbook, subject), INCIDENT, "ringfence", "attempt-1", NOON)
    return link(stamp, None, (finding(), *facts))


@pytest.mark.parametrize(("id_", "name"), CHAINS)
def test_every_recorded_chain_becomes_valid_events(id_: str, name: str) -> None:
    chain = CHAINS[id_, name]
    made = list(all_events(chain, technique_ids))
    for one in made:
        check(one)
    outcomes = sum(1 for one in chain if isinstance(one.fact, Outcome))
    assert sum(1 for one in made if one["class_uid"] == 7001) == outcomes
    uids = [uid_of(one) for one in made]
    assert len(set(uids)) == len(uids), "an event is known by its id"


def uid_of(event: Event) -> object:
    metadata = event["metadata"]
    assert isinstance(metadata, dict)
    return metadata["uid"]


@pytest.mark.parametrize(("runbook", "intended"), STEPS)
def test_every_result_of_every_step_is_a_valid_remediation_activity(runbook: str, intended: Intended) -> None:
    for result in RESULTS:
        outcome = Outcome(intended.intent, result, detail="why", requests=("req-1",))
        (event,) = events(entries(runbook, intended, outcome), technique_ids)
        check(event)
        assert event["status_code"] == result
        named = {one["d3f_technique"]["uid"] for one in event["countermeasures"]}  # type: ignore[attr-defined]
        assert named == set(expected(runbook, intended))
        assert intended.intent in str(event["command_uid"])


def expected(runbook: str, intended: Intended) -> tuple[str, ...]:
    if intended.stage == RELEASE:
        return (RESTORE_CONFIGURATION,)
    return technique_ids(runbook, intended.stage, type(intended.step).__name__)


@pytest.mark.parametrize(("runbook", "intended"), STEPS)
def test_every_kind_of_fact_after_every_step_is_valid_or_none(runbook: str, intended: Intended) -> None:
    facts = every_fact(intended.step)
    assert {type(one) for one in facts} == kinds()
    for number, one in enumerate(facts, start=1):
        made = events(entries(runbook, *facts[:number]), technique_ids)
        for event in made:
            check(event)
        assert bool(made) == (type(one).__name__ in FACTS), type(one).__name__


def test_every_fact_that_becomes_events_exists() -> None:
    assert {one.__name__ for one in kinds()} >= FACTS


@pytest.mark.parametrize("runbook", CATALOGUE.values(), ids=lambda one: one.id)
def test_every_countermeasure_is_a_technique(runbook: Runbook) -> None:
    for id_ in (id_ for one in runbook.remediations for id_ in one.countermeasures):
        assert technique(id_).id == id_


def test_every_status_has_a_disposition() -> None:
    assert set(DISPOSITIONS) == set(IncidentStatus)


def test_every_technique_is_one_of_a_remediation_or_of_releases() -> None:
    named = {id_ for each in CATALOGUE.values() for one in each.remediations for id_ in one.countermeasures}
    assert {*named, RESTORE_CONFIGURATION} == set(TECHNIQUES)


@given(st.text(max_size=6000), st.text(max_size=300), st.floats(-1e9, 1e9))
def test_what_an_intruder_chose_stays_a_valid_event(title: str, type_: str, severity: float) -> None:
    told = finding()
    hostile = replace(told.finding, title=title, type=type_, severity=severity)
    (event,) = events(entries("contain-instance", FindingReceived(hostile))[-1:], technique_ids)
    check(event)
