"""Which of the items of a resource is the newest.

A history of AWS Config, and a folder of its events or snapshots, contain several items of a resource. An
older one says nothing about its present configuration.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringfence.model.document import Document

_CREATE = (
    "CREATE TABLE newest (key BLOB PRIMARY KEY, time REAL, state INTEGER, number INTEGER, content BLOB, "
    "doubtful INTEGER) "
    "WITHOUT ROWID"
)
_ADD = (
    "INSERT INTO newest VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (key) DO UPDATE SET "
    "doubtful = doubtful OR (min(time, excluded.time) < 0 AND content != excluded.content), "
    "number = iif((excluded.time, excluded.state) > (time, state), excluded.number, number), "
    "state = iif((excluded.time, excluded.state) > (time, state), excluded.state, state), "
    "time = max(time, excluded.time)"
)
_UNKNOWN = -1
_LATEST = 1e11
"""No time of an item is later than that. It is the year 5138."""
_MOST_STATE = 2**63 - 1


class Versions:
    """The number of the newest item of each resource.

    Memory does not grow with the files: SQLite writes to a temporary file.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute(_CREATE)

    def add(self, number: int, item: Document) -> None:
        """Count an item. Of items that say the same time, the first one is kept."""
        if key := _key(item):
            time = _time(item)
            content = _digest(item.value) if time < 0 else b""
            self._database.execute(_ADD, (key, time, _state(item), number, content))

    def is_newest(self, number: int, item: Document) -> bool:
        """Return whether an item is the one that counts. An item without identity is never replaced."""
        key = _key(item)
        if not key:
            return True
        found = self._database.execute("SELECT number FROM newest WHERE key = ?", (key,)).fetchone()
        return bool(found and found[0] == number)

    @property
    def doubtful(self) -> int:
        """The number of resources with several items of which one does not say when it was recorded."""
        (found,) = self._database.execute("SELECT COUNT(*) FROM newest WHERE doubtful").fetchone()
        return int(found)

    def close(self) -> None:
        """Remove the temporary file."""
        self._database.close()


def _key(item: Document) -> bytes | None:
    """Return what identifies the resource of an item. None if a part is missing."""
    value = item.value
    account = value.get("accountId", value.get("awsAccountId"))
    parts = (value.get("resourceType"), account, value.get("awsRegion"), value.get("resourceId"))
    if not all(isinstance(one, str) for one in parts):
        return None
    return _digest(parts)


def _digest(value: object) -> bytes:
    try:
        text = repr(value)
    except RecursionError:  # nothing in such an item is judged
        text = ""
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).digest()


def _time(item: Document) -> float:
    """Return when an item was recorded, in seconds since 1970, or -1. The older AWS CLI prints a number."""
    given = item.value.get("configurationItemCaptureTime")
    if isinstance(given, str):
        try:
            return max(datetime.fromisoformat(given).timestamp(), 0)
        except (ValueError, OverflowError):
            return _UNKNOWN
    return float(given) if isinstance(given, (int, float)) and 0 <= given < _LATEST else _UNKNOWN


def _state(item: Document) -> int:
    """Return the number that AWS Config counts the states of a resource with, or -1."""
    given = item.value.get("configurationStateId")
    if isinstance(given, str) and given.isdecimal() and given.isascii():
        return min(int(given[:19]), _MOST_STATE)
    return min(given, _MOST_STATE) if isinstance(given, int) and given >= 0 else _UNKNOWN
