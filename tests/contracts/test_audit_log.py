"""What every audit log does: the one in memory, on which the laws are tested, and the one in DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from ringfence.model.errors import Conflict, InternalError, LimitReached
from ringfence.record.chain import CLOCKS, PERIOD, ChainKey, Entry, Lease, Slot, link
from ringfence.record.history import History
from tests.support.effort import examples
from tests.support.fakes.audit_home import dynamo_log, tables
from tests.support.fakes.chains import INCIDENT, KEY, LATER, NOON, lease, more, notes, opened, stamp
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.seals import unsealed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.ports import AuditLog

NOTHING = History()
FREE = Lease(incident=INCIDENT)


@pytest.fixture(params=["memory", "dynamo", "dynamo that remembers"])
def log(request: pytest.FixtureRequest) -> Iterator[AuditLog]:
    if request.param == "memory":
        yield MemoryLog()
        return
    with mock_aws():
        yield dynamo_log(tables(), remembers=request.param.endswith("remembers"))


def test_an_unknown_chain_is_empty_and_free(log: AuditLog) -> None:
    assert unsealed(log.read(KEY)) == NOTHING


def test_what_was_appended_is_read_in_order_with_its_lease(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease())
    log.append(KEY, log.read(KEY), more(opened(), *notes(3)), None)
    assert unsealed(log.read(KEY)) == History((*opened(), *more(opened(), *notes(3))), lease())


def test_chains_do_not_mix(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease())
    assert unsealed(log.read(ChainKey("another-runbook", KEY.subject))) == NOTHING


def test_only_the_newest_incident_is_read(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease())
    log.append(KEY, log.read(KEY), opened(LATER), lease(incident=LATER))
    assert unsealed(log.read(KEY)) == History(opened(LATER), lease(incident=LATER))


def test_the_newest_incident_is_the_one_opened_last_even_by_a_slow_clock(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(LATER), lease(incident=LATER))
    log.append(KEY, log.read(KEY), opened(), lease(incident=INCIDENT))
    assert unsealed(log.read(KEY)) == History(opened(), lease())


def test_a_closing_fact_and_the_next_incident_go_together(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease())
    both = (*more(opened(), *notes(1)), *opened(LATER))
    log.append(KEY, log.read(KEY), both, lease(incident=LATER))
    assert unsealed(log.read(KEY)).entries == opened(LATER)


def test_of_two_that_open_an_incident_the_second_fails_and_leaves_nothing(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease())
    with pytest.raises(Conflict):
        log.append(KEY, NOTHING, opened(LATER), lease("attempt-2", LATER))
    assert unsealed(log.read(KEY)) == History(opened(), lease())


def test_of_two_that_continue_a_chain_the_second_fails_and_leaves_nothing(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease())
    seen = log.read(KEY)
    log.append(KEY, seen, more(opened(), *notes(1)), None)
    with pytest.raises(Conflict):
        log.append(KEY, seen, more(opened(), *notes(3, start=7)), None)
    assert unsealed(log.read(KEY)).entries == (*opened(), *more(opened(), *notes(1)))


def test_one_who_joins_may_append_while_another_holds_the_lease(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease("attempt-1"))
    log.append(KEY, log.read(KEY), more(opened(), *notes(1)), None)
    assert log.read(KEY).lease == lease("attempt-1")


def test_a_lease_that_changed_since_it_was_read_is_not_taken(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease("attempt-1"))
    seen = log.read(KEY)
    log.append(KEY, seen, (), lease("attempt-2"))
    with pytest.raises(Conflict):
        log.append(KEY, seen, more(opened(), *notes(1)), lease("attempt-3"))
    assert unsealed(log.read(KEY)) == History(opened(), lease("attempt-2"))


def test_an_extended_lease_counts_as_changed(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease(minutes=1))
    seen = log.read(KEY)
    log.append(KEY, seen, (), lease(minutes=2))
    with pytest.raises(Conflict):
        log.append(KEY, seen, (), lease("attempt-2"))


def test_a_lease_is_given_back_and_taken_again(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease())
    log.append(KEY, log.read(KEY), (), FREE)
    assert log.read(KEY).lease == FREE
    log.append(KEY, log.read(KEY), (), lease("attempt-2"))
    assert log.read(KEY).lease == lease("attempt-2")


OTHER = ChainKey(KEY.runbook, KEY.subject[:-1] + "1")


def slot(
    owner: str = KEY.subject, *, after: timedelta = timedelta(0), name: str = "limit/group/web", most: int = 1
) -> tuple[Slot, ...]:
    return (Slot(name, owner, NOON + after, most),)


def test_a_used_limit_lets_nobody_else_write_anything_and_names_its_holder(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease(), slot())
    with pytest.raises(LimitReached) as reached:
        log.append(OTHER, NOTHING, opened(), lease(), slot("other", after=timedelta(minutes=59)))
    assert reached.value.holder == KEY.subject
    assert unsealed(log.read(OTHER)) == NOTHING


@pytest.mark.parametrize(
    "after", [PERIOD, PERIOD * 2, -CLOCKS - timedelta(seconds=1)], ids=["ended", "old", "from-later"]
)
def test_a_limit_is_free_after_its_period_and_a_time_to_come_counts_as_none(
    log: AuditLog, after: timedelta
) -> None:
    log.append(KEY, NOTHING, opened(), lease(), slot())
    log.append(OTHER, NOTHING, opened(), lease(), slot("other", after=after))
    assert unsealed(log.read(OTHER)) == History(opened(), lease())


def test_one_with_a_slower_clock_finds_the_limit_used(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease(), slot())
    with pytest.raises(LimitReached):
        log.append(OTHER, NOTHING, opened(), lease(), slot("other", after=-timedelta(seconds=1)))


@pytest.mark.parametrize("most", [2, 7])
def test_as_many_subjects_as_a_limit_has_places_use_it_and_no_more(log: AuditLog, most: int) -> None:
    """Each owner begins at a place that follows from its name, and takes another one if that is used."""
    keys = [ChainKey(KEY.runbook, f"{KEY.subject[:-2]}{number:02}") for number in range(most + 2)]
    refused = []
    for key in keys:
        try:
            log.append(key, NOTHING, opened(), lease(), slot(key.subject, most=most))
        except LimitReached:
            refused.append(key)
    assert refused == keys[most:]
    again = more(opened(), *notes(1))
    for key in keys[:most]:
        log.append(key, log.read(key), again, None, slot(key.subject, after=timedelta(minutes=1), most=most))
    freed = timedelta(minutes=61)
    log.append(refused[0], NOTHING, opened(), lease(), slot(refused[0].subject, after=freed, most=most))


def test_of_several_limits_all_are_used_or_none(log: AuditLog) -> None:
    narrow, wide = "limit/group/web", "limit/overall"
    log.append(KEY, NOTHING, opened(), lease(), slot(name=narrow))
    both = (*slot("other", name=wide), *slot("other", name=narrow))
    with pytest.raises(LimitReached) as reached:
        log.append(OTHER, NOTHING, opened(), lease(), both)
    assert reached.value.limit == narrow
    log.append(OTHER, NOTHING, opened(), lease(), slot("a third one", name=wide))


def test_a_place_that_a_person_freed_is_free(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease(), slot(""))
    log.append(OTHER, NOTHING, opened(), lease(), slot("other"))


def test_its_holder_and_other_limits_are_not_limited(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease(), slot())
    log.append(KEY, log.read(KEY), more(opened(), *notes(1)), None, slot(after=timedelta(minutes=1)))
    log.append(OTHER, NOTHING, opened(), lease(), slot("other", name="limit/group/batch"))


def test_one_who_was_overtaken_conflicts_whatever_the_limit_says(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease(), slot())
    log.append(OTHER, NOTHING, opened(), lease())
    with pytest.raises(Conflict):
        log.append(OTHER, NOTHING, opened(LATER), lease("attempt-2", LATER), slot("other"))


def test_writing_the_same_again_with_a_limit_counts_as_written(log: AuditLog) -> None:
    for _ in range(2):
        log.append(KEY, NOTHING, opened(), lease(), slot())


def test_writing_the_same_again_counts_as_written(log: AuditLog) -> None:
    """The answer was lost: whoever tries again finds their own entries there."""
    for _ in range(2):
        log.append(KEY, NOTHING, opened(), lease())
    seen = log.read(KEY)
    for _ in range(2):
        log.append(KEY, seen, more(opened(), *notes(2)), None)
    for _ in range(2):
        log.append(KEY, seen, (), FREE)
    assert unsealed(log.read(KEY)) == History((*opened(), *more(opened(), *notes(2))), FREE)


def test_the_same_number_with_another_body_does_not_count_as_written(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease())
    other = link(stamp(after=5), None, notes(2))
    with pytest.raises(Conflict):
        log.append(KEY, NOTHING, other, lease())


def test_appending_nothing_writes_nothing(log: AuditLog) -> None:
    log.append(KEY, NOTHING, (), None)
    assert unsealed(log.read(KEY)) == NOTHING


def test_an_incident_is_not_opened_without_a_lease_that_names_it(log: AuditLog) -> None:
    for wrong in (None, lease(incident=LATER)):
        with pytest.raises(InternalError):
            log.append(KEY, NOTHING, opened(), wrong)


def test_entries_must_follow_the_one_before(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(), lease())
    longer = more(opened(), *notes(2))
    for wrong in (longer[1:], link(stamp(), opened()[0], notes(1))):
        with pytest.raises(InternalError):
            log.append(KEY, log.read(KEY), wrong, None)
    with pytest.raises(InternalError):
        log.append(KEY, NOTHING, longer, None)


def test_a_write_over_two_incidents_is_known_again_whichever_sorts_first(log: AuditLog) -> None:
    log.append(KEY, NOTHING, opened(LATER), lease(incident=LATER))
    seen = log.read(KEY)
    both = (*more(opened(LATER), *notes(1)), *opened())
    for _ in range(2):
        log.append(KEY, seen, both, lease("attempt-2"))
    assert unsealed(log.read(KEY)).entries == opened()


def test_a_long_response_is_written_and_read_whole(log: AuditLog) -> None:
    """More entries than one transaction or one page holds."""
    log.append(KEY, NOTHING, opened(), lease())
    many = more(opened(), *notes(310))
    log.append(KEY, log.read(KEY), many, lease("attempt-2"))
    assert unsealed(log.read(KEY)) == History((*opened(), *many), lease("attempt-2"))


Operation = tuple[str, int, int]
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["open", "note", "take", "free", "look"]), st.integers(0, 1), st.integers(0, 2)
    ),
    max_size=12,
)


def _perform(log: AuditLog, operations: list[Operation]) -> list[object]:
    """Two responders, each acting on what it last saw; returns all that they saw."""
    seen, results = [NOTHING, NOTHING], list[object]()
    for what, who, number in operations:
        entries, wanted = _wish(what, who, number, seen[who])
        try:
            if what == "look":
                seen[who] = log.read(KEY)
            else:
                log.append(KEY, seen[who], entries, wanted)
            results.append(seen[who])
        except (InternalError, Conflict) as error:
            results.append(type(error))
    return [*results, log.read(KEY)]


def _wish(what: str, who: int, number: int, seen: History) -> tuple[tuple[Entry, ...], Lease | None]:
    incident = (INCIDENT, LATER, INCIDENT.replace("inc-2025", "inc-2024"))[number]
    owner = f"attempt-{who}"
    if what == "open":
        return opened(incident), lease(owner, incident)
    if what == "note":
        return (more(seen.entries, *notes(1, start=number)) if seen.entries else ()), None
    return (), Lease(incident=seen.incident) if what == "free" else lease(owner, seen.incident)


@settings(examples(40), suppress_health_check=[HealthCheck.too_slow])
@given(OPERATIONS)
def test_both_logs_answer_alike_whatever_two_responders_do(operations: list[Operation]) -> None:
    with mock_aws():
        assert _perform(dynamo_log(tables()), operations) == _perform(MemoryLog(), operations)
