"""Frozen dataclasses with a low cost at import.

The standard `dataclass(frozen=True)` compiles six methods per class, which takes 0.6-0.8 ms on Python 3.11.
That was half of the function's import time. This module shares all methods but `__init__`, and compiles
that one when a class gets its first instance: many classes are declared, and few are used by one event.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import TYPE_CHECKING, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FunctionType

T = TypeVar("T")
_UNSET = object()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make `cls` a dataclass with immutable instances that are compared by their fields."""
    own = {name: cls.__dict__[name] for name in ("__init__", "__repr__") if name in cls.__dict__}
    made = dataclass(eq=False, repr=False, init=False)(cls)
    names = tuple(one.name for one in fields(made))  # type: ignore[arg-type]  # it is one now
    type.__setattr__(made, "__field_names__", names)
    for method in (__eq__, __hash__, __setattr__, __delattr__):
        setattr(made, method.__name__, method)
    for name, shared in (("__init__", _compiled_on_demand(made)), ("__repr__", __repr__)):
        setattr(made, name, own.get(name, shared))
    return made


def _compiled_on_demand(cls: type[object]) -> object:
    def __init__(self: object, *given: object, **named: object) -> None:  # noqa: N807 - becomes that method
        init = _compile_init(cls)
        type.__setattr__(cls, "__init__", init)  # two threads may both do so
        init(self, *given, **named)

    return __init__


def _compile_init(cls: type[object]) -> FunctionType:
    """Compile a method that sets each field, as the standard library does."""
    found: dict[str, FunctionType] = {}
    scope: dict[str, object] = {"_set": object.__setattr__, "_UNSET": _UNSET}
    ours: tuple[Field[object], ...] = fields(cls)  # type: ignore[arg-type]  # it is a dataclass
    positional = [_parameter(one, scope) for one in ours if one.init and not one.kw_only]
    named = [_parameter(one, scope) for one in ours if one.init and one.kw_only]
    parameters = ", ".join(["self", *positional, *(["*", *named] if named else [])])
    body = [line for one in ours for line in _assignment(one)]
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    source = "\n".join([f"def __init__({parameters}):", *(body or [" pass"])])
    exec(source, scope, found)  # noqa: S102 - made of the names of fields alone
    init = found["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _parameter(one: Field[object], scope: dict[str, object]) -> str:
    if one.default_factory is not MISSING:
        scope[f"_made_{one.name}"] = one.default_factory
        return f"{one.name}=_UNSET"
    if one.default is MISSING:
        return one.name
    scope[f"_default_{one.name}"] = one.default
    return f"{one.name}=_default_{one.name}"


def _assignment(one: Field[object]) -> Iterator[str]:
    if one.init:
        if one.default_factory is not MISSING:
            yield f" if {one.name} is _UNSET: {one.name} = _made_{one.name}()"
        yield f" _set(self, {one.name!r}, {one.name})"


def __eq__(self: object, other: object) -> bool:  # noqa: N807 - becomes the method of that name
    """Compare all fields, for instances of the same class only."""
    if type(self) is not type(other):
        return NotImplemented
    return all(getattr(self, name) == getattr(other, name) for name in _fields(self))


def __hash__(self: object) -> int:  # noqa: N807 - becomes the method of that name
    """Hash the fields."""
    return hash((type(self), *(getattr(self, name) for name in _fields(self))))


def __repr__(self: object) -> str:  # noqa: N807 - becomes the method of that name
    """Return the fields as dataclasses do."""
    return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in _fields(self))})"


def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807, ARG001 - becomes that method
    """Refuse the assignment. `__init__` sets the fields."""
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def __delattr__(self: object, name: str) -> None:  # noqa: N807, ARG001 - becomes the method of that name
    """Refuse the deletion."""
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _fields(item: object) -> tuple[str, ...]:
    """Return the names of the fields, without class variables."""
    names: tuple[str, ...] = getattr(type(item), "__field_names__", ())
    return names
