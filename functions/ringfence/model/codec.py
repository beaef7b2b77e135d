"""Values to canonical JSON and back, for the audit log.

Only classes marked with `@value` are written or read: a log cannot name anything else into being.
"""

from __future__ import annotations

import json
from dataclasses import field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar, dataclass_transform

from ringfence.model.errors import BadInput, InternalError
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
_VALUES: dict[str, type[object]] = {}
_LOADERS: dict[Callable[[], object], None] = {}
_TAG = "$"


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make `cls` a frozen dataclass that the log can write and read back by its class name.

    What was written is never rewritten: to rename one, keep a class of the old name that inherits from it.
    """
    made = frozen(cls)
    known = _VALUES.setdefault(cls.__name__, made)
    if known is not made and known.__module__ != cls.__module__:
        raise InternalError(
            f"two values are called {cls.__name__}: in {known.__module__} and {cls.__module__}"
        )
    _VALUES[cls.__name__] = made
    return made


def encode(item: object) -> object:
    """Turn a value into plain JSON data: sets sorted, instants in UTC."""
    if item is None or isinstance(item, bool | int | str):
        return str(item) if isinstance(item, str) else item
    if isinstance(item, float):
        return int(item) if item.is_integer() else {_TAG: "number", "is": repr(item)}
    if isinstance(item, datetime):
        return {_TAG: "instant", "is": instant_text(item)}
    if isinstance(item, tuple | list):
        return [encode(one) for one in item]
    if isinstance(item, set | frozenset):
        return {_TAG: "set", "is": sorted((encode(one) for one in item), key=canonical)}
    kind = type(item).__name__
    if _VALUES.get(kind) is not type(item):
        raise InternalError(f"a {kind} cannot be recorded")
    named = {field.name: getattr(item, field.name) for field in fields(item)}  # type: ignore[arg-type]  # a @value
    return {_TAG: kind, **{name: encode(one) for name, one in named.items()}}


def decode(data: object) -> object:
    """Read back what `encode` wrote; raises BadInput for anything else. Lists come back as tuples."""
    if isinstance(data, list):
        return tuple(decode(one) for one in data)
    if not isinstance(data, dict):
        return data
    return _decode_tagged(data)


def _decode_tagged(data: Mapping[str, object]) -> object:
    kind, plain = data.get(_TAG), data.get("is")
    if kind == "set" and isinstance(plain, list):
        return frozenset(decode(one) for one in plain)
    if kind in {"instant", "number"} and isinstance(plain, str):
        return _decode_plain(str(kind), plain)
    cls = _known(kind) if isinstance(kind, str) else None
    if cls is None:
        raise BadInput(_TAG, "must name a kind of value that this version knows", kind)
    given = {name: decode(one) for name, one in data.items() if name != _TAG}
    try:
        return cls(**given)
    except (TypeError, ValueError) as error:
        raise BadInput(str(kind), f"does not fit this version: {error}") from error


def _decode_plain(kind: str, plain: str) -> datetime | float:
    try:
        if kind == "number":
            return float(plain)
        instant = datetime.fromisoformat(plain)
    except ValueError as error:
        raise BadInput(kind, "must be one", plain) from error
    if instant.tzinfo is None:
        raise BadInput(kind, "must have a time zone", plain)
    return instant


def _known(kind: str) -> type[object] | None:
    """Return the class of that name; what is declared where nothing was loaded yet is loaded now."""
    if kind not in _VALUES:
        for loader in reversed(tuple(_LOADERS)):
            loader()
            # Not before: another thread would miss what it could wait for, as imports do for each other.
            _LOADERS.pop(loader, None)
            if kind in _VALUES:
                break
    return _VALUES.get(kind)


def load_on_demand(loader: Callable[[], T]) -> Callable[[], T]:
    """Register what to call when the log names a value that is not declared yet.

    It is called no more once it has ended; until then by each thread that meets such a name.
    """
    _LOADERS[loader] = None
    return loader


def canonical(data: object) -> str:
    """Write JSON data as one text that is the same for the same data: the bytes that are hashed."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def instant_text(instant: datetime) -> str:
    """Write an aware instant in UTC with microseconds."""
    if instant.tzinfo is None:
        raise InternalError("an instant without a time zone")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
