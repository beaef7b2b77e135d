"""Frozen dataclasses with a low cost at import.

The standard `dataclass(frozen=True)` compiles six methods per class, which takes 0.6-0.8 ms on Python 3.11.
That was half of the function's import time. This module shares all methods, so it compiles none. It also
reads the fields of most classes itself. What the standard functions for dataclasses need is made when one
of them asks for it first.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import TYPE_CHECKING, Protocol, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import replace

T = TypeVar("T")
__all__ = ["field_names", "frozen", "replace"]
_HASH = "hash()"
"""Where an instance keeps its hash. No field has this name."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make `cls` a dataclass with immutable instances that are compared by their fields."""
    own = {name: cls.__dict__[name] for name in ("__init__", "__repr__") if name in cls.__dict__}
    plain = _plain_fields(cls)
    if plain is None:
        declared = fields(_declared(cls))  # type: ignore[arg-type]  # it is one now
        names, takes_all = tuple(one.name for one in declared), all(one.init for one in declared)
    else:
        names, takes_all = tuple(plain), True
        for name in _STANDARD:
            setattr(cls, name, _OnDemand(name, cls))
        if "__match_args__" not in cls.__dict__:
            setattr(cls, "__match_args__", names)  # noqa: B010 - mypy knows no such attribute
    is_copied = takes_all and not hasattr(cls, "__post_init__") and "__init__" not in own
    for name, known in ((_PLAIN, plain), ("__field_names__", names), ("__is_copied__", is_copied)):
        setattr(cls, name, known)
    for method in (__eq__, __hash__, __setattr__, __delattr__, __getstate__):
        setattr(cls, method.__name__, method)
    for name, shared in (("__init__", _initializer(cls)), ("__repr__", __repr__)):
        setattr(cls, name, own.get(name, shared))
    return cls


_declared = dataclass(eq=False, repr=False, init=False)
_STANDARD = ("__dataclass_fields__", "__dataclass_params__")
"""What the functions of `dataclasses` read of a class."""
_PLAIN = "__plain_fields__"
"""The attribute with the fields of a class and their defaults, `MISSING` where there is none.

None if `dataclass` must read them.
"""
_SPECIAL = ("ClassVar", "InitVar", "KW_ONLY")
"""Words in annotations that only `dataclass` understands, but for a `ClassVar[…]`."""


def _plain_fields(cls: type[object]) -> dict[str, object] | None:
    """Return the fields of a class and of its bases with their defaults. None for any other than simple ones.

    `dataclass` takes five times as long. Most of it is to find out what an annotation in a text means.
    """
    found: dict[str, object] = {}
    for base in cls.__mro__[-2:0:-1]:
        if _STANDARD[0] in base.__dict__ and base.__dict__.get(_PLAIN) is None:
            return None
        found.update(getattr(base, _PLAIN, None) or {})
    for name, kind in cls.__annotations__.items():
        if type(kind) is str and kind.startswith("ClassVar["):
            found.pop(name, None)
            continue
        default = getattr(cls, name, MISSING)
        if type(kind) is not str or any(word in kind for word in _SPECIAL) or _is_special(default):
            return None
        found[name] = default
    return found


def _is_special(default: object) -> bool:
    """Return whether a default is a `field()`, or a value that can be changed, which `dataclass` refuses."""
    return isinstance(default, Field) or type(default).__hash__ is None


class _OnDemand:
    """An attribute that `dataclass` sets. It does so when the attribute is read first."""

    def __init__(self, name: str, cls: type[object]) -> None:
        self._name, self._cls = name, cls

    def __get__(self, instance: object, owner: type[object]) -> object:
        return getattr(_declared(self._cls), self._name)


class _Parameters:
    """What the constructor of a class takes. `takes` also contains the fields that are given by name only."""

    def __init__(self, made: type[object]) -> None:
        """Read the fields of a class."""
        self.of = made.__qualname__
        self.is_followed = hasattr(made, "__post_init__")
        self.factories: Mapping[str, Callable[[], object]] = {}
        plain: dict[str, object] | None = getattr(made, _PLAIN)
        if plain is not None:
            self.positional, defaults = tuple(plain), plain
        else:
            taken = [one for one in fields(made) if one.init]  # type: ignore[arg-type]  # it is a dataclass
            self.positional = tuple(one.name for one in taken if not one.kw_only)
            made_by = {one.name: one.default_factory for one in taken}
            self.factories = {name: make for name, make in made_by.items() if make is not MISSING}
            defaults = {one.name: one.default for one in taken}
        self.takes = frozenset(defaults)
        self.defaults = {name: value for name, value in defaults.items() if value is not MISSING}

    def fill(self, values: dict[str, object], given: tuple[object, ...], named: dict[str, object]) -> None:
        """Put the defaults and the arguments into `values`. Raises TypeError as any constructor does."""
        values.update(self.defaults)
        if self.factories:
            values.update((name, make()) for name, make in self.factories.items() if name not in named)
        if given:
            values.update(zip(self.positional, given))  # noqa: B905 - `_check` counts them
        if named:
            values.update(named)
            twice = given and not named.keys().isdisjoint(self.positional[: len(given)])
            if twice or not named.keys() <= self.takes:
                self._check(given, named)
        if len(values) != len(self.takes) or len(given) > len(self.positional):
            self._check(given, named)

    def _check(self, given: tuple[object, ...], named: dict[str, object]) -> None:
        """Raise TypeError for arguments that are too many, unknown, given twice or missing."""
        if len(given) > len(self.positional):
            raise TypeError(f"{self.of}() takes {len(self.positional)} positional arguments")
        first = self.positional[: len(given)]
        if wrong := [name for name in named if name not in self.takes or name in first]:
            raise TypeError(f"{self.of}() takes no argument {wrong[0]!r}, or got it twice")
        known = {*first, *named, *self.defaults, *self.factories}
        if missing := ", ".join(sorted(self.takes - known)):
            raise TypeError(f"{self.of}() lacks the arguments {missing}")


class _Constructor(Protocol):
    def __call__(self, made: object, /, *given: object, **named: object) -> None: ...


def _initializer(cls: type[object]) -> object:
    """Return a constructor that replaces itself: many classes are declared, and few are used by one event."""

    def __init__(self: object, /, *given: object, **named: object) -> None:  # noqa: N807 - becomes that method
        made = _filler(_Parameters(cls))
        type.__setattr__(cls, "__init__", made)  # two threads may both do so
        made(self, *given, **named)

    return __init__


def _filler(parameters: _Parameters) -> _Constructor:
    """Return the constructor of a class. It is the same code for all classes, so that none is compiled."""
    names, is_followed, fill = parameters.positional, parameters.is_followed, parameters.fill
    count = len(names) if len(names) == len(parameters.takes) else -1

    def __init__(self: object, /, *given: object, **named: object) -> None:  # noqa: N807 - becomes that method
        if named or len(given) != count:
            fill(self.__dict__, given, named)
        else:
            self.__dict__.update(zip(names, given))  # noqa: B905 - they are as many
        if is_followed:
            self.__post_init__()  # type: ignore[attr-defined]  # the class has it

    return __init__


if not TYPE_CHECKING:  # mypy knows what the standard function takes

    def replace(item: T, /, **changes: object) -> T:
        """Return a copy with some fields changed, as `dataclasses.replace` does, in a quarter of the time."""
        cls, kept = type(item), item.__dict__
        if not cls.__is_copied__:
            return cls(**{name: kept[name] for name in cls.__field_names__} | changes)
        made = object.__new__(cls)
        values = made.__dict__
        values.update([(name, kept[name]) for name in cls.__field_names__])  # and nothing that was computed
        values.update(changes)
        if len(values) != len(cls.__field_names__):
            wrong = next(name for name in changes if name not in cls.__field_names__)
            raise TypeError(f"{cls.__qualname__} has no field {wrong!r}")
        return made


def __eq__(self: object, other: object) -> bool:  # noqa: N807 - becomes the method of that name
    """Compare all fields, for instances of the same class only."""
    if self is other:
        return True
    if type(self) is not type(other):
        return NotImplemented
    return _values(self) == _values(other)


def _values(item: object) -> list[object]:
    """Return the values of all fields. Lists are compared without a loop in Python."""
    held = item.__dict__
    return [held[name] for name in field_names(type(item))]


def __hash__(self: object) -> int:  # noqa: N807 - becomes the method of that name
    """Hash the fields, once: an instance does not change, and plans compare the same ones again and again."""
    kept: int | None = self.__dict__.get(_HASH)
    if kept is None:
        kept = hash((type(self), *_values(self)))
        self.__dict__[_HASH] = kept
    return kept


def __getstate__(self: object) -> dict[str, object]:  # noqa: N807 - becomes the method of that name
    """Return what a copy takes over. The hash of a text is another one in each process."""
    return {name: value for name, value in self.__dict__.items() if name != _HASH}


def __repr__(self: object) -> str:  # noqa: N807 - becomes the method of that name
    """Return the fields as dataclasses do."""
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in field_names(type(self)))
    return f"{type(self).__name__}({values})"


def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807, ARG001 - becomes that method
    """Refuse the assignment. `__init__` sets the fields."""
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def __delattr__(self: object, name: str) -> None:  # noqa: N807, ARG001 - becomes the method of that name
    """Refuse the deletion."""
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def field_names(cls: type[object]) -> tuple[str, ...]:
    """Return the names of the fields, without class variables. Empty for other classes."""
    names: tuple[str, ...] = getattr(cls, "__field_names__", ())
    return names
