"""Rules that are evaluated call by call find what they find in all records at once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from ringfence.events.matching import matches
from ringfence.insights.activity.counting import (
    DAY,
    KEPT_DAYS,
    LATE,
    MOST_SIGHTS,
    MOST_THEN,
    MOST_VALUES,
    State,
    _most,
    advance,
    group_of,
    with_pending,
)
from ringfence.insights.activity.delivered import MOST_CALLS, chosen, event_patterns, is_about_named_calls
from ringfence.insights.activity.evaluate import found_in
from ringfence.insights.activity.pack import PACK
from ringfence.insights.activity.pack.access import BRUTE_FORCE, NEW_NETWORK
from ringfence.insights.activity.rule import Calls, Once, Rule, Sequence, Target, Threshold
from ringfence.insights.activity.seeing import Seeing, time_of
from ringfence.insights.activity.stored import from_bytes, to_bytes
from ringfence.insights.activity.stories import ABROAD, MINUTE, call, sign_in
from ringfence.model.errors import BadInput
from ringfence.model.frozen import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.insights.activity.detection import Detection
    from ringfence.insights.activity.rule import Detects
    from ringfence.insights.activity.selecting import Record

ITEM = 400 * 1024
"""Bytes of an item of DynamoDB.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""
EACH = pytest.mark.parametrize("rule", PACK, ids=lambda one: one.id)


def made(detects: Detects) -> Rule:
    return Rule("r-1", "a rule", "T1078", "low", detects, "report-findings", "look", (), ())


FIVE = made(Threshold(Calls("s3", ("GetObject",)), 5, 10))
SHARED = made(Sequence(Calls("s3", ("GetObject",)), Calls("s3", ("PutObject",)), 10, least=2))

ELSEWHERE = made(
    Sequence(Calls("s3", ("GetObject",)), Calls("s3", ("PutObject",)), 10, differs="sourceIPAddress")
)


class Groups:
    """The states of all groups, stored as bytes."""

    def __init__(self, rule: Rule) -> None:
        self.seeing = Seeing((rule,))
        self.stored: dict[str, bytes] = {}

    def take(self, records: Iterable[Record]) -> list[Detection]:
        """Take records one by one."""
        found: list[Detection] = []
        for record in records:
            for seen in self.seeing.of(record, time_of(record)):
                before = from_bytes(self.stored.get(group_of(seen), b""))
                state, new = advance(before, seen)
                self.stored[group_of(seen)] = to_bytes(state)
                assert from_bytes(to_bytes(state)) == state
                found += new
        return found


def one_by_one(rule: Rule, records: Iterable[Record]) -> list[Detection]:
    return Groups(rule).take(records)


def reads(*minutes: float, name: str = "GetObject") -> list[Record]:
    return [call(f"s3:{name}", {"key": str(one)}, one * MINUTE) for one in minutes]


@EACH
def test_each_example_of_a_rule_is_found_as_in_all_records_at_once(rule: Rule) -> None:
    for story in rule.hits:
        found = one_by_one(rule, story)
        assert [one.id for one in found] == [one.id for one in found_in(rule, story)]
        assert found
    for story in rule.misses:
        assert one_by_one(rule, story) == []


@EACH
def test_calls_that_arrive_twice_and_in_another_order_are_found_once(rule: Rule) -> None:
    for story in rule.hits:
        times = [time_of(one) for one in story]
        if max(times) - min(times) > LATE:
            continue
        for seed in range(5):
            mixed = [*story, *story]
            random.Random(seed).shuffle(mixed)  # noqa: S311 - not for cryptography
            assert len(one_by_one(rule, mixed)) == len(found_in(rule, story))


@pytest.mark.parametrize("seed", range(20))
def test_many_calls_lead_to_the_same_findings_as_all_at_once(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - likewise
    for rule, names in ((FIVE, ("GetObject",)), (SHARED, ("GetObject", "PutObject"))):
        at, records = 0.0, reads()
        for _ in range(60):
            at += chance.choice((0.5, 1, 2, 9, 11))
            records += reads(at, name=chance.choice(names))
        expected = [one.id for one in found_in(rule, records)]
        assert [one.id for one in one_by_one(rule, records)] == expected


def test_what_goes_on_is_found_once_until_a_pause() -> None:
    assert len(one_by_one(FIVE, reads(*range(200)))) == 1
    assert len(one_by_one(FIVE, reads(*range(20), *range(40, 60)))) == 2
    assert len(one_by_one(made(Once(Calls("s3", ("GetObject",)))), reads(*range(0, 600, 30)))) == 1


def test_a_late_call_between_others_completes_their_number() -> None:
    (found,) = one_by_one(FIVE, reads(0, 1, 2, 9, 5))
    assert len(found.sights) == 5
    assert one_by_one(FIVE, reads(0, 1, 2, 9, 9 + LATE / MINUTE + 10, 5)) == []


def test_the_first_call_of_a_sequence_can_arrive_after_the_last_one() -> None:
    ended = reads(3, name="PutObject")
    assert len(one_by_one(SHARED, [*ended, *reads(1, 2)])) == 1
    assert one_by_one(SHARED, [*ended, *reads(4, 5)]) == []


def test_a_call_counts_for_one_sequence_only_even_if_it_arrives_again() -> None:
    first, end = reads(1, 2), reads(3, name="PutObject")
    assert len(one_by_one(SHARED, [*first, *end, *first, *reads(4, name="PutObject")])) == 1


def test_a_call_must_differ_from_first_calls_that_arrive_late_and_from_those_that_were_used() -> None:
    def at(minute: float, name: str, address: str) -> Record:
        return call(f"s3:{name}", None, minute * MINUTE, address=address)

    here, there, other = "192.0.2.1", "192.0.2.2", "192.0.2.3"
    used = [at(0, "GetObject", here), at(2, "PutObject", other)]
    late, end = at(1, "GetObject", there), at(3, "PutObject", here)
    expected = [one.last.call.address for one in found_in(ELSEWHERE, [*used, late, end])]
    assert expected == [other]
    for records in ([*used, late, end], [*used, end, late], [late, *used, end]):
        assert [one.last.call.address for one in one_by_one(ELSEWHERE, records)] == expected
    again = at(2.5, "GetObject", there)
    assert [one.last.call.address for one in found_in(ELSEWHERE, [*used, again, end])] == expected
    elsewhere = at(3, "PutObject", "192.0.2.4")
    assert len(found_in(ELSEWHERE, [*used, again, elsewhere])) == 2
    assert len(one_by_one(ELSEWHERE, [*used, again, elsewhere])) == 2


def test_a_value_is_new_after_the_days_of_learning_and_again_after_it_was_forgotten() -> None:
    times = (0, 1, 8 * DAY, 8 * DAY + 60, 9 * DAY)
    networks = ("192.0.2.1", "192.0.2.2", ABROAD, ABROAD, "192.0.2.3")
    records = [sign_in("alice", at, address=where) for at, where in zip(times, networks, strict=True)]
    assert len(one_by_one(NEW_NETWORK, records)) == 1
    later = [sign_in("alice", (one * 30 + 9) * DAY, address="192.0.2.3") for one in range(1, 5)]
    assert KEPT_DAYS < 120
    forgotten = sign_in("alice", 130 * DAY, address=ABROAD)
    assert len(one_by_one(NEW_NETWORK, [*records, *later, forgotten])) == 2


def test_however_many_calls_there_are_the_state_stays_small() -> None:
    distinct = made(Threshold(Calls("s3", ("GetObject",)), 500, 10, distinct="requestParameters.key"))
    groups = Groups(distinct)
    groups.take(
        call("s3:GetObject", {"key": str(one % 7)}, one / 100) for one in range(2 * MOST_SIGHTS + 700)
    )
    (data,) = groups.stored.values()
    assert len(from_bytes(data).sights) <= 1000
    assert len(data) < 100_000
    ends = Groups(SHARED)
    ends.take(reads(*(one / 100 for one in range(100)), name="PutObject"))
    assert len(from_bytes(*ends.stored.values()).sights) == MOST_THEN


def test_whatever_names_a_caller_chooses_the_state_fits_into_an_item() -> None:
    """Else nothing could be written any more, and the rule would see nothing more of this caller."""
    distinct = Threshold(Calls("s3", ("GetObject",)), MOST_CALLS, 10, distinct="requestParameters.key")
    about = (Target("bucket", "requestParameters.bucketName"), Target("iam-user", "requestParameters.key"))
    seeing, chance = Seeing((replace(made(distinct), about=about),)), random.Random(1)  # noqa: S311 - likewise
    long = (f"{chance.getrandbits(8000):x}" for _ in range(_most(distinct)))
    records = (call("s3:GetObject", {"key": one, "bucketName": one}) for one in long)
    sights = tuple((0, seen.sight) for record in records for seen in seeing.of(record, 0))
    assert len({sight.value for _, sight in sights}) == 2 * MOST_CALLS
    assert len(to_bytes(State(sights=sights))) < ITEM - 50_000


def test_however_many_values_there_are_the_newest_are_kept() -> None:
    state, seeing = State(), Seeing((NEW_NETWORK,))
    for one in range(MOST_VALUES + 5):
        record = sign_in("alice", one, address=f"{10 + one // 250}.{one % 250}.0.1")
        (seen,) = seeing.of(record, time_of(record))
        state, _ = advance(state, seen)
    assert len(state.values) == MOST_VALUES
    assert "10.0.0.0/16" not in state.values


@pytest.mark.parametrize("data", [b"", b"x", to_bytes(State())[:-4], b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_bytes_that_nobody_can_have_written_count_as_no_state(data: bytes) -> None:
    assert from_bytes(data) == State()


def test_what_is_found_waits_in_the_state_as_a_finding() -> None:
    found = one_by_one(BRUTE_FORCE, BRUTE_FORCE.hits[0])
    state = with_pending(State(), found, lambda _: True)
    assert [one["id"] for one in state.pending] == [one.id for one in found]
    assert from_bytes(to_bytes(state)).pending == state.pending


@EACH
def test_eventbridge_delivers_each_call_that_a_rule_finds(rule: Rule) -> None:
    patterns = event_patterns((rule,))
    for record in (one for story in rule.hits for one in story):
        way = "Console Sign In" if record["eventName"] == "ConsoleLogin" else "API Call"
        kind = f"AWS {way} via CloudTrail"
        event = {"source": "aws.any", "detail-type": kind, "detail": record}
        if any(Seeing((rule,)).of(record, 0)):
            assert any(matches(one, event) for one in patterns)


def test_rules_are_chosen_by_their_ids_and_their_numbers_are_set() -> None:
    assert chosen("all", "") == PACK
    assert {one.id for one in PACK if not is_about_named_calls(one)} == {
        one.id for one in PACK if one not in chosen("named", "")
    }
    (one,) = chosen("denied-burst", "denied-burst.count=30")
    assert one.numbers["count"] == 30


@pytest.mark.parametrize(
    ("ids", "numbers", "field", "words"),
    [
        ("denied-bursts", "", "activity", "denied-burst"),
        ("denied-burst", "many-secrets-read.count=3", "activity_numbers", "many-secrets-read"),
        ("denied-burst", "denied-burst.count=x", "activity_numbers", "RULE.NAME=NUMBER"),
        ("denied-burst", "denied-burst.count=0", "denied-burst.count", "greater than 0"),
        ("denied-burst", "denied-burst.count=501", "denied-burst.count", "at most 500"),
    ],
)
def test_an_unknown_rule_or_number_is_named(ids: str, numbers: str, field: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as raised:
        chosen(ids, numbers)
    assert raised.value.field == field
