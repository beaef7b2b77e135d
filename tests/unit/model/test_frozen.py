"""Frozen values behave as the standard library's frozen dataclasses do."""

from __future__ import annotations

import pickle
from copy import copy, deepcopy
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.frozen import field_names, frozen
from ringfence.model.frozen import replace as copied

if TYPE_CHECKING:
    from collections.abc import Callable


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


class _Plain:
    first: int
    second: str = "b"


class _Derived(_Plain):
    third: ClassVar[str] = "no field"
    second: str
    fourth: tuple[int, ...] = ()


class _Later(_Derived):
    second = "no annotation, so the default of the field stays"


class _Without(_Derived):
    second: ClassVar[str] = "no field any more"  # type: ignore[misc]  # it was one


class _Factory(_Derived):
    made: list[int] = field(default_factory=list)


class _NotGiven(_Factory):
    kept: int = field(default=1, init=False)
    named: int = field(default=2, kw_only=True)


KINDS = (_Plain, _Derived, _Later, _Without, _Factory, _NotGiven)
"""Classes, each after its bases."""


def declared(by: Callable[[type[object]], type[object]]) -> dict[str, type[object]]:
    """Declare copies of all classes, whose bases are the copies of the bases."""
    found: dict[str, type[object]] = {}
    for kind in KINDS:
        bases = tuple(found.get(base.__name__, base) for base in kind.__bases__)
        body = {name: one for name, one in vars(kind).items() if name not in {"__dict__", "__weakref__"}}
        found[kind.__name__] = by(type(kind.__name__, bases, body))
    return found


OURS, THEIRS = declared(frozen), declared(dataclass(frozen=True))


def shown(kind: type[object]) -> list[tuple[object, ...]]:
    names = ("name", "type", "default", "default_factory", "init", "kw_only", "repr", "compare")
    return [tuple(getattr(one, name) for name in names) for one in fields(kind)]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", OURS)
def test_the_standard_functions_read_the_same_fields(name: str) -> None:
    ours, theirs = OURS[name], THEIRS[name]
    assert is_dataclass(ours)
    assert field_names(ours) == tuple(one.name for one in fields(theirs))  # type: ignore[arg-type]
    assert ours.__match_args__ == theirs.__match_args__  # type: ignore[attr-defined]
    assert shown(ours) == shown(theirs)


@pytest.mark.parametrize("name", OURS)
def test_the_same_arguments_give_the_same_fields(name: str) -> None:
    ours, theirs = OURS[name](1), THEIRS[name](1)  # type: ignore[call-arg]
    assert asdict(ours) == asdict(theirs)  # type: ignore[call-overload]
    assert asdict(replace(ours, first=2)) == asdict(replace(theirs, first=2))  # type: ignore[call-overload,type-var]


def made(name: str, annotations: dict[str, str], *bases: type[object], **more: object) -> type[Any]:
    """Return a class with these annotations."""
    return type(name, bases, {"__annotations__": annotations, "__module__": __name__, **more})


def test_a_class_can_be_declared_below_one_whose_fields_nobody_read() -> None:
    base = frozen(made("Base", {"a": "int"}))
    below = dataclass(made("Below", {"b": "int"}, base))
    assert field_names(frozen(made("Last", {"c": "int"}, below))) == ("a", "b", "c")


def test_a_default_that_can_be_changed_is_refused() -> None:
    with pytest.raises(ValueError, match="mutable default"):
        frozen(made("Wrong", {"a": "list[int]"}, a=[]))


def test_a_class_with_simple_fields_is_declared_without_dataclass() -> None:
    """`dataclass` takes five times as long, and a function declares more than 100 classes before it acts."""
    kind = frozen(made("Kind", {"a": "int"}))
    assert kind(1) == kind(a=1)
    assert not isinstance(vars(kind)["__dataclass_fields__"], dict)
    assert [one.name for one in fields(kind)] == ["a"]
    assert isinstance(vars(kind)["__dataclass_fields__"], dict)
