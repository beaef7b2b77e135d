"""Convert the state of a group of calls to bytes and back. Pure.

The bytes are compressed, because the calls of a group have most of their values in common. Bytes that no
version of Ringfence wrote count as no state.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Final, cast

from ringfence.insights.activity.counting import State
from ringfence.insights.activity.sight_rows import number, row_of, sight_in

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = 1
_LARGEST: Final = 4 << 20
"""Bytes of a state without compression. An item of DynamoDB has at most 400 KB."""


def to_bytes(state: State) -> bytes:
    """Return a state in the form in which it is stored."""
    document = {
        "version": VERSION,
        "sights": [[step, *row_of(sight)] for step, sight in state.sights],
        "episode": list(state.episode),
        "used": [list(one) for one in state.used],
        "values": dict(state.values),
        "since": state.since,
        "pending": list(state.pending),
    }
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode())


def from_bytes(data: bytes) -> State:
    """Return a stored state. An empty one for what cannot be read."""
    try:
        opened = zlib.decompressobj()
        text = opened.decompress(data, _LARGEST)
        document = json.loads(text)
        if opened.unconsumed_tail or document["version"] != VERSION:
            return State()
        return _state(document)
    except (zlib.error, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return State()


def _state(document: Mapping[str, list[object]]) -> State:
    sights = cast("list[list[object]]", document["sights"])
    values = cast("dict[str, float]", document["values"])
    return State(
        sights=tuple((int(str(one[0])), sight_in(one[1:])) for one in sights),
        episode=tuple(map(number, document["episode"])),
        used=tuple((number(at), str(event)) for at, event in cast("list[list[object]]", document["used"])),
        values={str(name): number(at) for name, at in values.items()},
        since=number(document["since"]),
        pending=tuple(cast("list[dict[str, object]]", document["pending"])),
    )
