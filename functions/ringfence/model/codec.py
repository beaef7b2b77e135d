"""Convert values to canonical JSON and back, for the audit log.

Only classes marked with `@value` are written or read, so a log cannot create any other object.
"""

from __future__ import annotations

import json
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar, dataclass_transform, overload

from ringfence.model.errors import BadInput, InternalError
from ringfence.model.frozen import field_names, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
_VALUES: dict[str, type[object]] = {}
_NAMES: dict[type[object], str] = {}
_LOADERS: dict[Callable[[], object], bool] = {}
_TAG = "$"
_PLAIN = frozenset({bool, int, str, type(None)})
"""The types of what is JSON data already."""
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


@overload
def value(cls: type[T], /) -> type[T]: ...
@overload
def value(*, recorded_as: str) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T] | None = None, /, *, recorded_as: str = "") -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class a frozen dataclass that the log can write, and read back by its recorded name.

    What was written is never rewritten. A class that is renamed keeps its recorded name, and its fields
    keep theirs.

    Parameters
    ----------
    cls
        The class; its recorded name is its own.
    recorded_as
        The recorded name, where the class was called so when the first log was written.

    Examples
    --------
    >>> @value(recorded_as="SetGroups")
    ... class SetSecurityGroups:
    ...     groups: tuple[str, ...]
    >>> encode(SetSecurityGroups(("sg-1",)))
    {'$': 'SetGroups', 'groups': ['sg-1']}
    """
    if cls is None:
        return lambda named: _register(named, recorded_as)
    return _register(cls, recorded_as or cls.__name__)


def _register(cls: type[T], name: str) -> type[T]:
    made = frozen(cls)
    known = _VALUES.setdefault(name, made)
    same_place = (known.__module__, known.__qualname__) == (cls.__module__, cls.__qualname__)
    if known is not made and not same_place:
        raise InternalError(f"two values have the name {name}: in {known.__module__} and {cls.__module__}")
    _VALUES[name] = made
    _NAMES[made] = name
    return made


def recorded_name(kind: type[object]) -> str:
    """Return the recorded name of a class marked with `@value`. Raises InternalError for any other class."""
    name = _NAMES.get(kind)
    if name is None or _VALUES[name] is not kind:
        raise InternalError(f"a {kind.__name__} cannot be recorded")
    return name


def encode(item: object) -> object:
    """Convert a value to JSON data, with sorted sets and times in UTC."""
    kind = type(item)
    if kind in _PLAIN:
        return item
    if isinstance(item, tuple | list):
        return [encode(one) for one in item]
    if kind in _NAMES:
        made: dict[str, object] = {_TAG: recorded_name(kind)}
        for name in field_names(kind):
            one = getattr(item, name)
            made[name] = one if type(one) in _PLAIN else encode(one)
        return made
    return _encode_other(item)


def _encode_other(item: object) -> object:
    if isinstance(item, str):
        return str(item)
    if isinstance(item, float):
        return int(item) if item.is_integer() else {_TAG: "number", "is": repr(item)}
    if isinstance(item, datetime):
        return {_TAG: "instant", "is": instant_text(item)}
    if isinstance(item, set | frozenset):
        return {_TAG: "set", "is": sorted((encode(one) for one in item), key=canonical)}
    if isinstance(item, int):
        return item
    raise InternalError(f"a {type(item).__name__} cannot be recorded")


def decode(data: object) -> object:
    """Read data from `encode`. Raises BadInput for any other data. Lists become tuples."""
    if type(data) in _PLAIN:
        return data
    if isinstance(data, list):
        return tuple([decode(one) for one in data])
    return _decode_tagged(data) if isinstance(data, dict) else data


def _decode_tagged(data: Mapping[str, object]) -> object:
    kind, plain = data.get(_TAG), data.get("is")
    if kind == "set" and isinstance(plain, list):
        return frozenset(decode(one) for one in plain)
    if kind in {"instant", "number"} and isinstance(plain, str):
        return _decode_plain(str(kind), plain)
    cls = _known(kind) if isinstance(kind, str) else None
    if cls is None:
        raise BadInput(_TAG, "must be a value that this version knows", kind)
    given = {name: one if type(one) in _PLAIN else decode(one) for name, one in data.items() if name != _TAG}
    try:
        return cls(**given)
    except (TypeError, ValueError) as error:
        raise BadInput(str(kind), f"does not match this version: {error}") from error


def _decode_plain(kind: str, plain: str) -> datetime | float:
    try:
        if kind == "number":
            return float(plain)
        instant = datetime.fromisoformat(plain)
    except ValueError as error:
        raise BadInput(kind, "must be a time", plain) from error
    if instant.tzinfo is None:
        raise BadInput(kind, "must have a time zone", plain)
    return instant


def _known(kind: str) -> type[object] | None:
    """Return the class of that name. Load declarations on demand if it is unknown."""
    if kind not in _VALUES:
        # Of those that load many declarations, the newest one is the most specific.
        newest = tuple(reversed(_LOADERS.items()))
        for loader in (one for few in (True, False) for one, of_few in newest if of_few is few):
            loader()
            # Not earlier: another thread would not wait for the imports.
            _LOADERS.pop(loader, None)
            if kind in _VALUES:
                break
    return _VALUES.get(kind)


def load_on_demand(loader: Callable[[], T], *, few: bool = False) -> Callable[[], T]:
    """Register a function to load declarations when the log names an unknown value.

    It is called until it has finished once, by each thread that needs it. `few`: it loads few declarations,
    so it is called before those that load many.
    """
    _LOADERS[loader] = few
    return loader


def canonical(data: object) -> str:
    """Return JSON data as a text that is the same for the same data. These bytes are hashed."""
    return _CANONICAL.encode(data)


def instant_text(instant: datetime) -> str:
    """Return an aware time in UTC with microseconds."""
    if instant.tzinfo is None:
        raise InternalError("a time without a time zone")
    return (instant if instant.tzinfo is UTC else instant.astimezone(UTC)).isoformat(timespec="microseconds")
