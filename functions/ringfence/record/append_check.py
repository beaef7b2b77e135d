"""The check that every audit log makes before an append."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.record.chain import Entry, Lease
    from ringfence.record.history import History


def check_append(history: History, entries: Sequence[Entry], lease: Lease | None) -> None:
    """Raise InternalError unless the entries continue `history` or open an incident with its lease.

    Two responders that open different incidents at once conflict on the lease. Their entries alone would
    not conflict.
    """
    head = history.head
    for entry in entries:
        if entry.seq == 0:
            _check_opening(entry, lease)
        elif head is None or (head.incident, head.seq + 1, head.hash) != (
            entry.incident,
            entry.seq,
            entry.previous,
        ):
            raise InternalError(f"entry {entry.incident}#{entry.seq} does not follow the previous entry")
        head = entry


def _check_opening(entry: Entry, lease: Lease | None) -> None:
    if entry.previous:
        raise InternalError(f"entry {entry.incident}#0 opens an incident and names a previous entry")
    if lease is None or lease.incident != entry.incident:
        raise InternalError(f"incident {entry.incident} is opened without a lease for it")
