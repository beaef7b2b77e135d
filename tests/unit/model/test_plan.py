"""The order of steps, and what is left of them for an undo."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.codec import value
from ringfence.model.errors import InternalError
from ringfence.model.plan import dependency_levels, digest_text, net_changes
from ringfence.model.step import Step
from ringfence.model.symbol import Ready

if TYPE_CHECKING:
    from ringfence.model.symbol import Symbol


@value
class Lever(Step):
    """A step for tests: moves a lever from one place to another, after others if it must."""

    name: str
    before: int
    after: int
    needs: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        return f"lever/{self.name}"

    @property
    def requires(self) -> tuple[Symbol, ...]:
        return tuple(Ready("moved", one) for one in self.needs)

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        return tuple(Ready("moved", one) for one in self.behind)

    @property
    def provides(self) -> tuple[Symbol, ...]:
        return (Ready("moved", self.name),)


@value
class Bell(Step):
    """A step for tests that nothing undoes."""

    name: str

    irreversible: ClassVar = "it was heard"

    @property
    def target(self) -> str:
        return f"bell/{self.name}"


def lever(name: str, needs: str = "", behind: str = "") -> Lever:
    return Lever(name, 0, 1, tuple(needs), tuple(behind))


def moved(name: str, *places: int) -> list[Step]:
    """Move a lever from place to place."""
    return [Lever(name, before, after) for before, after in pairwise(places)]


MOVES = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), max_size=8)


def test_steps_without_ties_go_together() -> None:
    assert dependency_levels([lever("a"), lever("b")]) == ((lever("a"), lever("b")),)


def test_a_step_waits_for_what_it_requires_and_for_what_it_follows() -> None:
    last, middle, first = lever("c", behind="b"), lever("b", needs="a"), lever("a")
    assert dependency_levels([last, middle, first]) == ((first,), (middle,), (last,))


def test_what_no_step_provides_is_there_already() -> None:
    assert dependency_levels([lever("b", needs="z", behind="y")]) == ((lever("b", needs="z", behind="y"),),)


def test_nothing_has_no_waves() -> None:
    assert dependency_levels([]) == ()


@pytest.mark.parametrize("tie", ["needs", "behind"])
def test_steps_that_wait_for_each_other_are_a_bug(tie: str) -> None:
    with pytest.raises(InternalError, match="the steps depend on each other: lever/a, lever/b"):
        dependency_levels([lever("a", **{tie: "b"}), lever("b", **{tie: "a"}), lever("c")])


@given(
    st.lists(st.sets(st.integers(0, 7)), max_size=8).flatmap(
        lambda ties: st.permutations(
            [
                lever(str(number), needs="".join(str(one) for one in sorted(tie) if one < number))
                for number, tie in enumerate(ties)
            ]
        )
    )
)
def test_every_step_goes_once_and_behind_its_providers(steps: list[Lever]) -> None:
    sorted_waves = dependency_levels(steps)
    flat = [step for wave in sorted_waves for step in wave]
    assert sorted(flat, key=lambda one: one.target) == sorted(steps, key=lambda one: one.target)
    when = {step.provides[0]: number for number, wave in enumerate(sorted_waves) for step in wave}
    for step in steps:
        assert all(when[symbol] < when[step.provides[0]] for symbol in step.requires)


def test_steps_on_one_target_are_folded_from_the_first_before_to_the_last_after() -> None:
    assert net_changes(moved("a", 0, 1, 2)) == (Lever("a", 0, 2),)


def test_a_step_and_its_inverse_cancel_out() -> None:
    assert net_changes(moved("a", 0, 1, 0)) == ()
    assert net_changes([*moved("a", 0, 1), Bell("b"), *moved("a", 1, 0)]) == (Bell("b"),)


def test_a_way_that_ends_where_it_began_leaves_nothing() -> None:
    assert net_changes(moved("a", 0, 1, 2, 0)) == ()


def test_targets_stand_in_the_order_in_which_they_were_last_changed() -> None:
    steps = [*moved("a", 0, 1), *moved("b", 0, 1), *moved("a", 1, 2)]
    assert net_changes(steps) == (Lever("b", 0, 1), Lever("a", 0, 2))


def test_what_cannot_be_undone_stays_once() -> None:
    assert net_changes([Bell("a"), Bell("a")]) == (Bell("a"),)


@given(MOVES)
def test_a_fold_leads_where_the_steps_led(moves: list[tuple[str, int]]) -> None:
    now = {"a": 0, "b": 0}
    steps: list[Step] = []
    for name, place in moves:
        if place != now[name]:
            steps.append(Lever(name, now[name], place))
            now[name] = place
    folded = net_changes(steps)
    changes = {one.target: (one.before, one.after) for one in folded if isinstance(one, Lever)}
    assert changes == {f"lever/{name}": (0, place) for name, place in now.items() if place}
    assert net_changes(folded) == folded


def test_equal_plans_have_equal_texts_and_others_do_not() -> None:
    assert digest_text([lever("a")]) == digest_text(iter((lever("a"),)))
    assert digest_text([lever("a")]) != digest_text([lever("b")])
    assert digest_text([lever("a"), lever("b")]) != digest_text([lever("b"), lever("a")])
