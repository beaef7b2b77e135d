"""Frozen values behave as the standard library's frozen dataclasses do."""

from __future__ import annotations

import pickle
from copy import copy, deepcopy
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from functools import cached_property

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.frozen import frozen
from ringfence.model.frozen import replace as copied


@frozen
class Ours:
    number: int
    texts: tuple[str, ...] = ()
    more: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def double(self) -> int:
        return self.number * 2


@dataclass(frozen=True)
class Theirs:
    number: int
    texts: tuple[str, ...] = ()
    more: frozenset[str] = field(default_factory=frozenset)


@frozen
class Other:
    number: int
    texts: tuple[str, ...] = ()
    more: frozenset[str] = field(default_factory=frozenset)


GIVEN = st.tuples(st.integers(0, 3), st.lists(st.text(max_size=1), max_size=2).map(tuple))


@given(GIVEN, GIVEN)
def test_they_are_equal_when_the_standard_ones_are(
    a: tuple[int, tuple[str, ...]], b: tuple[int, tuple[str, ...]]
) -> None:
    assert (Ours(*a) == Ours(*b)) == (Theirs(*a) == Theirs(*b))
    if Ours(*a) == Ours(*b):
        assert hash(Ours(*a)) == hash(Ours(*b))
    assert repr(Ours(*a)).replace("Ours", "") == repr(Theirs(*a)).replace("Theirs", "")


def test_another_class_with_the_same_fields_is_something_else() -> None:
    these: list[object] = [Ours(1), Other(1), Ours(1)]
    assert these[0] != these[1]
    assert len(set(these)) == 2


def test_nothing_can_be_changed_added_or_deleted() -> None:
    one = Ours(1)
    for name in ("number", "texts", "new"):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, 2)
    with pytest.raises(FrozenInstanceError):
        del one.number


def test_dataclass_functions_and_cached_properties_work() -> None:
    one = replace(Ours(1), number=4)
    assert (one.number, one.double, one.double) == (4, 8, 8)
    assert [each.name for each in fields(Ours)] == ["number", "texts", "more"]


def test_its_fields_are_hashed_once() -> None:
    @frozen
    class Holder:
        held: object

    class Counting:
        times = 0

        def __hash__(self) -> int:
            self.times += 1
            return 1

    counting = Counting()
    one = Holder(counting)
    assert hash(one) == hash(one)
    assert counting.times == 1
    assert hash(one) == hash(Holder(counting))


def test_a_copy_and_another_value_do_not_take_the_hash_over() -> None:
    one = Ours(1)
    assert hash(one) != hash(replace(one, number=2))
    assert vars(copy(one)) == vars(deepcopy(one)) == vars(Ours(1))
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own
    assert hash(replace(one, number=2)) == hash(Ours(2))


def test_a_subclass_has_the_fields_of_both() -> None:
    @frozen
    class Longer(Ours):
        last: str = "z"

    assert Longer(1, last="y") != Longer(1)
    assert "number=1" in repr(Longer(1))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((), {}),
        ((1, (), frozenset(), 4), {}),
        ((1,), {"number": 1}),
        ((1,), {"other": 1}),
        ((), {"texts": ()}),
        ((), {"other": 1}),
        ((), {"other": 1, "texts": ()}),
    ],
)
def test_wrong_arguments_are_refused_as_by_the_standard_ones(
    given: tuple[object, ...], named: dict[str, object]
) -> None:
    for made in (Ours, Theirs):
        with pytest.raises(TypeError):
            made(*given, **named)  # type: ignore[arg-type]  # that is what is tested


@pytest.mark.parametrize(
    "arguments", [{"number": 1}, {"number": 1, "texts": ("a",)}, {"number": 1, "more": frozenset("b")}]
)
def test_arguments_can_be_given_by_place_and_by_name(arguments: dict[str, object]) -> None:
    number, *_ = arguments.values()
    named = {name: one for name, one in arguments.items() if name != "number"}
    ours, theirs = Ours(number, **named), Theirs(number, **named)  # type: ignore[arg-type]  # any of them
    assert ours == Ours(**arguments)  # type: ignore[arg-type]  # likewise
    assert repr(ours).replace("Ours", "") == repr(theirs).replace("Theirs", "")


@given(GIVEN, st.dictionaries(st.sampled_from(["number", "texts", "more"]), st.just(7)))
def test_a_copy_has_the_fields_that_the_standard_function_gives_it(
    a: tuple[int, tuple[str, ...]], changes: dict[str, int]
) -> None:
    one = Ours(*a)
    assert one.double == 2 * a[0]
    made, expected = copied(one, **changes), replace(Theirs(*a), **changes)  # type: ignore[arg-type]  # any
    assert vars(made) == vars(expected), "a computed property is computed again"
    assert made.double == made.number * 2


def test_a_copy_has_no_field_that_its_class_lacks() -> None:
    with pytest.raises(TypeError, match="other"):
        copied(Ours(1), other=1)  # type: ignore[call-arg]  # that is what is tested


def test_a_copy_is_checked_as_a_new_value_is() -> None:
    @frozen
    class Checked:
        number: int

        def __post_init__(self) -> None:
            if self.number < 0:
                raise ValueError("negative")

    with pytest.raises(ValueError, match="negative"):
        copied(Checked(1), number=-1)
