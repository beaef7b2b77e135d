"""A response as rows: each entry says what happened, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ringfence.record.chain import ChainKey, Entry, digest, link
from ringfence.record.facts import (
    Closed,
    Fact,
    Intended,
    Missed,
    Outcome,
    Planned,
    Released,
    Result,
    RunRequested,
    Verified,
)
from ringfence.record.rendered import RenderedFact
from ringfence.record.timeline import timeline
from tests.support.fakes.chains import INCIDENT, NOON, LockDoor, contained, stamp

STEP = LockDoor("front", before="open", after="shut")


def told(*facts: Fact) -> list[RenderedFact]:
    return [row.rendered for row in timeline(link(stamp(), None, facts))]


def test_a_whole_response_reads_as_a_story() -> None:
    rows = timeline(contained())
    assert [row.rendered.words for row in rows] == [
        "finding received: The instance talks to a command-and-control server",
        "decision: auto: the policy says so",
        "planned contain: 1 step",
        "about to turn the key of front",
        "applied: turn the key of front",
        "verified: complete",
    ]
    assert (rows[3].rendered.before, rows[3].rendered.after) == ("open", "shut")
    assert rows[4].rendered.requests == ("req-1",)
    assert rows[5].rendered.notes == ("residual risk: DNS is not filtered",)
    assert (rows[0].at, rows[0].actor, rows[0].kind) == (NOON, "ringfence", "FindingReceived")


def test_a_plan_names_its_steps_and_what_stays_open() -> None:
    some, none = told(Planned("contain", "0", (STEP, STEP), ("DNS",)), Planned("contain", "0"))
    assert some == RenderedFact(
        "planned contain: 2 steps",
        ("turn the key of front: open → shut", "turn the key of front: open → shut", "residual risk: DNS"),
    )
    assert none == RenderedFact("planned contain: nothing to do")


def test_a_request_says_whether_the_caller_is_established() -> None:
    by_api, direct = told(
        RunRequested("run", "a drill", ("isolate-instance",), dry_run=True),
        RunRequested("release", "it was a drill", verified=False),
    )
    assert by_api == RenderedFact(
        "run requested (dry run): a drill",
        ("only isolate-instance", "IAM authenticated the caller"),
    )
    assert direct == RenderedFact(
        "release requested: it was a drill", ("IAM did not authenticate the caller",)
    )


def test_an_outcome_that_was_only_seen_says_so() -> None:
    _, outcome = told(
        Intended("n-1", "contain", STEP),
        Outcome("n-1", Result.APPLIED, "observation", "late", (("QuarantineGroup(vpc-1)", "sg-1"),)),
    )
    assert outcome.words == "applied: turn the key of front"
    assert outcome.notes == (
        "late",
        "a later read showed the result; the response of the call is unknown",
        "its id is sg-1",
    )


@pytest.mark.parametrize(
    ("fact", "words", "notes"),
    [
        (Outcome("n-9", Result.FAILED), "failed: n-9", ()),
        (
            Verified(
                contained=False, complete=False, remaining=("this",), settling=("that",), refused=("those",)
            ),
            "verified: not contained",
            ("remaining: this", "settling: that", "refused permanently: those"),
        ),
        (Verified(contained=True, complete=False), "verified: contained", ()),
        (Released(("a",)), "released: nothing was changed", ("not undone: a",)),
        (Closed("it is gone"), "closed: it is gone", ()),
    ],
)
def test_every_end_is_told(fact: Fact, words: str, notes: tuple[str, ...]) -> None:
    assert [(one.words, one.notes) for one in told(fact)] == [(words, notes)]


def test_a_release_says_that_all_is_as_before_where_anything_was_changed() -> None:
    _, _, released = told(Intended("n-1", "contain", STEP), Outcome("n-1", Result.APPLIED), Released())
    assert released.words == "released: the changes were undone"


def test_what_is_left_to_a_person_is_not_called_not_put_right() -> None:
    left = Verified(contained=False, complete=False, exposure=("look",), review=("look",))
    other = replace(stamp(), key=ChainKey("harden-toy", stamp().key.subject))
    (row,) = timeline(link(other, None, (left,)))
    assert row.rendered.words == "verified: a person must review the rest"
    (row,) = timeline(link(stamp(), None, (left,)))
    assert row.rendered.words == "verified: not contained", "who contains has not, until a person has"


def test_a_step_that_this_version_does_not_know_is_shown_as_it_was_written() -> None:
    intended, outcome = (
        row.rendered
        for row in timeline(
            replace(entry, body=entry.body.replace('"$":"LockDoor"', '"$":"StepOfTomorrow"'))
            for entry in contained()[3:5]
        )
    )
    assert intended.words == "StepOfTomorrow, which this version does not know"
    assert (intended.before, intended.after) == ('"open"', '"shut"')
    assert intended.notes == ('{"$":"StepOfTomorrow","after":"shut","before":"open","door":"front"}',)
    assert outcome.words == "applied: StepOfTomorrow, which this version does not know"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        '{"at":"never","fact":{"$":"Unheard"}}',
        '{"at":7,"actor":[],"fact":{"$":"Planned","stage":"s","digest":"d","steps":7}}',
        '{"fact":{"$":"FindingReceived","finding":7}}',
        '{"fact":{"$":"FindingReceived","finding":{"$":"Finding"}}}',
        '{"fact":{"$":"Intended","intent":[],"stage":"s","step":"none"}}',
        '{"fact":{"$":"Outcome","intent":[],"result":7}}',
        '{"fact":{"$":"LockDoor","door":"a","before":"b","after":"c"}}',
    ],
)
def test_whatever_lies_in_the_table_makes_a_row(body: str) -> None:
    (row,) = timeline((Entry(INCIDENT, 3, body, digest(body)),))
    assert row.entry.seq == 3
    assert row.rendered.words
    assert row.at == datetime.min.replace(tzinfo=UTC)


def test_a_row_is_json_data() -> None:
    row = timeline(contained())[3]
    assert row.as_json() == {
        "seq": 3,
        "at": "2025-11-22T12:00:01+00:00",
        "actor": "ringfence",
        "kind": "Intended",
        "words": "about to turn the key of front",
        "notes": (),
        "before": "open",
        "after": "shut",
        "result": "",
        "requests": (),
        "step": "turn the key of front",
        "hash": contained()[3].hash,
    }


def test_a_subject_that_was_not_found_is_looked_for_once_more() -> None:
    (missed,) = told(Missed("i-1 does not exist"))
    assert missed == RenderedFact(
        "not found; Ringfence will read again: i-1 does not exist", result="not found"
    )
