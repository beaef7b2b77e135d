"""Laws of limits: never more than the policy says, whoever is faster, whoever dies, however it is lowered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.limit_names import named
from ringfence.engine.limit_resets import LimitKeeper
from ringfence.engine.limits import Use, slots_of
from ringfence.engine.offline import Answer
from ringfence.engine.ports import Ports
from ringfence.engine.replay import replayed
from ringfence.engine.replay_limits import LimitReplay, counted
from ringfence.model.errors import LimitReached, Refused
from ringfence.policy.selection import Portion
from ringfence.record.chain import PERIOD, Slot
from ringfence.record.facts import Intended
from ringfence.record.slots import elsewhere, size_of
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support import pauses
from tests.support.fakes.interruption import Killed, Killer
from tests.support.fakes.memory_limits import MemoryLimitItems
from tests.support.limits import RUNBOOK, Fleet, only
from tests.support.worlds import AUTO, NOON, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import DrawFn

    from ringfence.model.step import Step
    from ringfence.policy.limits import Limits

MANY = 200


class Table:
    """The items of one limit, as DynamoDB keeps them: each write is made as a whole, or not at all."""

    def __init__(self) -> None:
        self.items: dict[str, Slot] = {}

    def put(self, slot: Slot) -> bool:
        """Use a place unless another owner does."""
        held = self.items.get(slot.key)
        if held and not held.free(slot.at, slot.owner, slot.period):
            return False
        self.items[slot.key] = slot
        return True


def execution(table: Table, slot: Slot, won: set[str]) -> Iterator[None]:
    """Use a limit with one call after the other. Others call in between."""
    while True:
        if table.put(slot):
            won.add(slot.owner)
            return
        yield
        used = dict(table.items)
        yield
        try:
            (slot,) = elsewhere((slot,), (slot,), used)
        except LimitReached:
            return


@given(st.data(), st.integers(1, 8), st.integers(1, 20))
def test_in_every_order_of_their_calls_as_many_win_as_the_limit_allows(
    data: st.DataObject, most: int, owners: int
) -> None:
    table, won = Table(), set[str]()
    slots = (Slot("limit/overall/hour", f"instance/{number}", NOON, most) for number in range(owners))
    waiting = [execution(table, slot, won) for slot in slots]
    while waiting:
        turn = waiting[data.draw(st.integers(0, len(waiting) - 1))]
        if next(turn, 0) == 0:
            waiting.remove(turn)
    assert len(won) == min(most, owners)


def test_of_many_executions_at_once_as_many_change_something_as_the_limit_allows() -> None:
    fleet = Fleet(only("overall", hour=7))
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(fleet.respond, range(MANY)))
    assert len(fleet.isolated()) == 7


@st.composite
def outbreaks(draw: DrawFn) -> list[dict[str, float]]:
    """Findings about a few instances in some accounts, VPCs and groups, minutes after each other."""
    one = st.fixed_dictionaries(
        {
            "number": st.integers(0, 9),
            "minutes": st.integers(0, 25),
            "severity": st.sampled_from((8.0, 9.5)),
        }
    )
    return draw(st.lists(one, min_size=1, max_size=12))


def _run(
    limits: Limits, outbreak: list[dict[str, float]], seed: int | None = None
) -> tuple[Fleet, list[tuple[timedelta, str]]]:
    """Return the fleet, and when the isolation of which instance was recorded, which uses a place of limits.

    An instance stays in its place. With a seed, answers are lost and looks are stale. Then the same finding
    comes back, and a later attempt can make the change.
    """
    fleet, times, after = Fleet(limits), list[tuple[timedelta, str]](), timedelta(0)
    if seed is not None:
        fleet.break_out(seed)
    for one in outbreak:
        minutes, number = int(one["minutes"]), int(one["number"])
        fleet.clock.now = NOON + (after := after + timedelta(minutes=minutes))
        before = fleet.isolated()
        group, vpc = ("", "web", "batch")[number % 3], f"vpc-{number % 2}"
        fleet.heard(partial(fleet.respond, number, group=group, vpc=vpc, severity=one["severity"]))
        times.extend((_began(fleet, id_), id_) for id_ in fleet.isolated() - before)
    return fleet, times


def _began(fleet: Fleet, id_: str) -> timedelta:
    """Return when the isolation of an instance was recorded first."""
    facts = fleet.history(int(id_.removeprefix("i-"), 16)).facts
    recorded = (entry.at for entry, fact in facts if isinstance(fact, Intended) and _isolates(fact.step))
    return next(recorded) - NOON


def _isolates(step: Step) -> bool:
    return isinstance(step, SetSecurityGroups)


SCOPES = ("overall", "account", "runbook", "vpc", "auto-scaling-group")


@given(outbreaks(), st.sampled_from(SCOPES), st.integers(1, 3), st.sampled_from((None, *range(1, 20))))
def test_no_hour_has_more_responses_than_the_limit_of_its_scope(
    outbreak: list[dict[str, float]], scope: str, most: int, seed: int | None
) -> None:
    budget = only(scope, hour=most)
    _, times = _run(replace(budget, critical=budget.ordinary), outbreak, seed)
    for start, _ in times:
        hour = [id_ for at, id_ in times if start <= at < start + PERIOD]
        for place in {_place(scope, id_) for id_ in hour} - {""}:
            budgets = 1 if scope == "auto-scaling-group" else 2
            assert len([id_ for id_ in hour if _place(scope, id_) == place]) <= most * budgets


def _place(scope: str, id_: str) -> str:
    number = int(id_.removeprefix("i-"), 16)
    if scope == "auto-scaling-group":
        return ("", "web", "batch")[number % 3]
    return f"vpc-{number % 2}" if scope == "vpc" else scope


@given(outbreaks(), st.sampled_from(SCOPES), st.integers(1, 3))
def test_a_lower_limit_never_causes_more_changes(
    outbreak: list[dict[str, float]], scope: str, most: int
) -> None:
    lower, higher = only(scope, hour=most), only(scope, hour=most + 1)
    (few, _), (more, _) = _run(lower, outbreak), _run(higher, outbreak)
    assert len(few.isolated()) <= len(more.isolated())


@given(st.data(), st.integers(1, 60), st.integers(1, 14), st.booleans())
def test_in_every_order_of_their_calls_no_more_than_the_share_of_a_group_is_contained(
    data: st.DataObject,
    size: int,
    owners: int,
    told: bool,  # noqa: FBT001 - drawn
) -> None:
    """The size is that of an item, or the execution knows it and begins at any place of the share."""
    name, table, won = "target-group/1/web", Table(), set[str]()
    known = size_of(f"limit/{name}/open", size, NOON)
    table.items.update({} if told else {known.key: known})
    limits = only("target-group", share=20)
    uses = (
        Use("i", NOON, chain=f"contain-instance#i/{number}", size=size * told) for number in range(owners)
    )
    slots = (slot for use in uses for slot in slots_of(limits, "target-group", name, use))
    waiting = [execution(table, slot, won) for slot in slots]
    while waiting:
        turn = waiting[data.draw(st.integers(0, len(waiting) - 1))]
        if next(turn, 0) == 0:
            waiting.remove(turn)
    assert len(won) == min(owners, max(1, size * 20 // 100))


@given(st.sets(st.integers(0, 9)), st.integers(1, 9), st.text("abc", min_size=1))
def test_what_a_lower_limit_allows_a_higher_one_allows(taken: set[int], most: int, owner: str) -> None:
    name = "limit/overall/hour"
    used = {f"{name}/{place}": Slot(name, "other", NOON, index=place) for place in taken}

    def allows(most: int) -> bool:
        slot = Slot(name, owner, NOON, most)
        with suppress(LimitReached):
            elsewhere((slot,), (slot,), used)
            return True
        return False

    assert allows(most + 1) or not allows(most)


@given(st.integers(1, 12), st.booleans())
def test_a_process_that_dies_keeps_a_place_for_one_window_at_most(number: int, after: bool) -> None:  # noqa: FBT001 - drawn
    fleet = Fleet(only("overall", hour=1))
    killer = Killer(number, after=after)
    with suppress(Killed):
        fleet.respond(0, gate=killer)
    fleet.clock.tick(hours=1)
    fleet.respond(1)
    assert fleet.ref(1).id in fleet.isolated()


@given(outbreaks(), st.integers(1, 3), st.integers(0, 12))
def test_after_a_reset_no_more_run_than_the_limit_allows_from_then_on(
    outbreak: list[dict[str, float]], most: int, resets_after: int
) -> None:
    fleet, before = Fleet(only("overall", hour=most)), frozenset[str]()
    keeper = LimitKeeper(_ports(fleet), MemoryLimitItems(fleet.log), pauses.HOME)
    for number, one in enumerate(outbreak):
        if number == resets_after:
            with suppress(Refused):
                limit = named(fleet.limits, "overall/hour", fleet.clock())
                keeper.reset(limit, "again", pauses.context(fleet.clock(), "reset"))
            before = fleet.isolated()
        fleet.respond(int(one["number"]))
    assert len(fleet.isolated() - before) <= most


def _ports(fleet: Fleet) -> Ports:
    return Ports(fleet.cloud(99), fleet.log, fleet.clock, lambda jobs: [job() for job in jobs])


@given(outbreaks(), st.sampled_from(SCOPES), st.integers(1, 3))
def test_a_replay_holds_back_what_the_engine_holds_back(
    outbreak: list[dict[str, float]], scope: str, most: int
) -> None:
    limits, kept, after = only(scope, hour=most, day=most + 1), LimitReplay(), timedelta(0)
    limits = replace(limits, critical=limits.ordinary)
    fleet, _ = _run(limits, outbreak)
    for one in outbreak:
        at = NOON + (after := after + timedelta(minutes=int(one["minutes"])))
        ref = fleet.ref(int(one["number"]))
        found = finding(subjects=(ref,), updated=at, severity=one["severity"]).finding
        answer = Answer(found, RUNBOOK, ((ref, Portion(RUNBOOK, AUTO)),))
        for each in counted(answer, replayed(answer), limits, _event(ref.id)):
            kept.add(each)
    _, told = kept.finish()
    assert {decision.subject for decision, limit in told if not limit} == {
        ref.key for ref in fleet.clouds if ref.id in fleet.isolated()
    }


def _event(id_: str) -> dict[str, object]:
    """Return what GuardDuty says of an instance: where it is."""
    group, vpc = _place("auto-scaling-group", id_), _place("vpc", id_)
    tags = [{"key": "aws:autoscaling:groupName", "value": group}]
    details = {"instanceId": id_, "networkInterfaces": [{"vpcId": vpc}], "tags": tags}
    return {"detail": {"resource": {"instanceDetails": details}}}
