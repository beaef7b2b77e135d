"""The hash chain: what links entries, and what is read from them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.errors import BadInput, InternalError, UnknownRecord
from ringfence.record.chain import Entry, Lease, digest, link
from ringfence.record.facts import (
    Closed,
    Fact,
    FindingReceived,
    Intended,
    Outcome,
    Released,
    Result,
    RunRequested,
    Verified,
)
from ringfence.record.history import History
from tests.support.fakes.chains import (
    INCIDENT,
    KEY,
    NOON,
    LockDoor,
    contained,
    finding,
    more,
    notes,
    opened,
    stamp,
)

FACTS = st.lists(
    st.builds(RunRequested, st.text(), st.text(), st.lists(st.text()).map(tuple), st.booleans()), max_size=6
)
STEP = LockDoor("front", before="open", after="shut")


@given(FACTS, FACTS)
def test_each_entry_holds_the_hash_of_the_one_before(first: list[Fact], second: list[Fact]) -> None:
    """However the facts were split over appends."""
    head = link(stamp(), None, first)
    chain = (*head, *link(stamp(), head[-1] if head else None, second))
    assert [entry.seq for entry in chain] == list(range(len(chain)))
    assert all(new.previous == old.hash for old, new in pairwise(chain))
    assert not chain or chain[0].previous == ""
    assert chain == link(stamp(), None, [*first, *second])


@given(FACTS)
def test_facts_come_back_as_they_were_written(facts: list[Fact]) -> None:
    assert [entry.fact for entry in link(stamp(), None, facts)] == facts


@given(FACTS)
def test_the_hash_is_of_exactly_the_stored_bytes(facts: list[Fact]) -> None:
    for entry in link(stamp(), None, facts):
        assert entry.hash == hashlib.sha256(entry.body.encode()).hexdigest() == digest(entry.body)
        assert entry.body == json.dumps(json.loads(entry.body), sort_keys=True, separators=(",", ":"))
        assert entry.body.isascii()


def test_an_entry_says_which_response_it_belongs_to_and_who_wrote_it_when() -> None:
    (entry,) = link(stamp(actor="arn:aws:iam::111122223333:user/ada"), None, notes(1))
    body = json.loads(entry.body)
    assert (body["runbook"], body["subject"], body["incident"]) == (KEY.runbook, KEY.subject, INCIDENT)
    assert (entry.actor, entry.attempt, entry.at) == ("arn:aws:iam::111122223333:user/ada", "attempt-1", NOON)


def test_instants_are_written_in_utc() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert link(replace(stamp(), at=elsewhere), None, notes(1)) == link(stamp(), None, notes(1))
    with pytest.raises(InternalError):
        link(replace(stamp(), at=datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None)), None, notes(1))


@pytest.mark.parametrize(
    "fact", ['{"$":"Unheard"}', '{"$":"LockDoor"}', '"text"', "null", '{"$":"set","is":[]}']
)
def test_what_this_version_cannot_read_is_named(fact: str) -> None:
    """A newer version may have written it: it is no bad input."""
    with pytest.raises(UnknownRecord, match="entry 0 of"):
        _ = Entry(INCIDENT, 0, f'{{"fact":{fact}}}', "").fact
    with pytest.raises(BadInput):
        _ = Entry(INCIDENT, 0, "[]", "").fact


def history(*facts: Fact) -> History:
    return History((*opened(), *more(opened(), *facts)))


def test_an_intent_is_open_until_its_outcome_is_recorded() -> None:
    begun = history(Intended("n-1", "contain", STEP), Intended("n-2", "contain", STEP))
    assert [fact.intent for _, fact in begun.open_intents] == ["n-1", "n-2"]
    ended = history(*begun.of(Intended), Outcome("n-1", Result.APPLIED))
    assert [fact.intent for _, fact in ended.open_intents] == ["n-2"]
    assert ended.steps(Result.APPLIED) == (STEP,)
    assert ended.steps(Result.REFUSED) == ()
    assert ended.steps() == (STEP, STEP)


@pytest.mark.parametrize("end", [Released(), Closed("nothing is left")])
def test_an_incident_is_closed_by_its_end(end: Fact) -> None:
    assert history().closed_at is None
    assert history(end).closed_at == NOON + timedelta(seconds=1)


def test_an_update_of_a_finding_is_known_by_its_id_and_time() -> None:
    seen = history()
    assert seen.knows(FindingReceived(finding(count=9)))
    assert not seen.knows(FindingReceived(finding(updated_at=NOON)))
    assert not seen.knows(FindingReceived(finding(id="f-2")))


def test_a_history_shows_what_was_decided_and_verified() -> None:
    past = History(contained())
    assert past.opened_at == NOON
    assert past.verified == Verified(contained=True, complete=True, exposure=("DNS is not filtered",))
    assert (past.incident, past.head) == (INCIDENT, contained()[-1])
    nothing = History()
    assert (nothing.incident, nothing.head, nothing.opened_at, nothing.verified) == ("", None, None, None)


def test_a_lease_keeps_others_out_until_it_ends() -> None:
    held = Lease("one", NOON, INCIDENT)
    moment = timedelta(microseconds=1)
    assert held.held(NOON - moment, "two")
    assert not held.held(NOON, "two")
    assert not held.held(NOON - moment, "one")
    assert not Lease(incident=INCIDENT).held(NOON, "two")
