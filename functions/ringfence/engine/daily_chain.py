"""Record what a person did to the deployment and to no incident: one chain for a kind, one incident a day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.distrust import ANOTHER_ENTRY, rejection
from ringfence.model.errors import Conflict, Retryable, RingfenceError
from ringfence.model.frozen import frozen
from ringfence.model.incident import incident_id
from ringfence.record.chain import CLOCKS, Lease, Stamp, link
from ringfence.record.history import without_entries
from ringfence.record.tampering_facts import HistoryRejected

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

ATTEMPTS = 5
"""The number of attempts if others were faster."""


def record_today(
    ports: Ports, key: ChainKey, fact: Fact, execution: ExecutionContext, only_sealed: str = ""
) -> None:
    """Append a fact to the chain of the day.

    Parameters
    ----------
    ports
        The log and the clock.
    key
        The chain.
    fact
        What to record.
    execution
        Who acts.
    only_sealed
        What only a sealed entry can do, in words. Empty if an entry without a seal is recorded, too.

    Raises
    ------
    Retryable
        There is no key for the seal, or others keep writing.

    """
    taken = ""
    for _ in range(ATTEMPTS):
        history, now = ports.log.read(key), ports.clock()
        if only_sealed and history.proof.missing:
            raise Retryable(f"only a sealed entry can {only_sealed}: {history.proof.missing}")
        place = place_of(history, key, now, taken)
        try:
            place.write(ports, key, fact, execution)
        except Conflict:
            taken = place.incident
            continue
        return
    raise Retryable(f"others keep writing to {key.text}: tried {ATTEMPTS} times")


@frozen
class Place:
    """Where the next entry of a chain is written.

    `history` is what it continues: it has no entries if it opens `incident`. `rejected`: why the newest
    incident is not continued, or none.
    """

    incident: str
    history: History
    rejected: HistoryRejected | None = None

    def write(self, ports: Ports, key: ChainKey, fact: Fact, execution: ExecutionContext) -> None:
        """Append a fact, after the one that the newest incident is not obeyed. Raises Conflict, Retryable."""
        stamp = Stamp(key, self.incident, execution.actor, execution.attempt, ports.clock())
        facts: Iterable[Fact] = (self.rejected, fact) if self.rejected else (fact,)
        opens = None if self.history.entries else Lease("", None, self.incident)
        ports.log.append(key, self.history, link(stamp, self.history.head, facts), opens)


def place_of(
    history: History, key: ChainKey, now: datetime, taken: str = "", *, stays: bool = False
) -> Place:
    """Return where the next entry is written.

    Anybody who can write the audit table can write an entry that is not authentic, also at the place of a
    later day. It must not prevent the next one, so that one opens a new incident. The lease names it, and so
    it is the one that is read from then on.

    Parameters
    ----------
    history
        The newest incident.
    key
        The chain.
    now
        The current time.
    taken
        The incident that the previous attempt could not open or continue.
    stays
        Whether the newest incident is continued on a later day, too.

    """
    if rejected := rejected_of(history, now):
        return Place(incident_id(now, key.runbook), without_entries(history), rejected)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day = incident_id(midnight, key.runbook)
    incident = history.incident if stays and history.incident else max(day, history.incident)
    if incident == history.incident:
        return Place(incident, history)
    opened = incident_id(now, key.runbook) if incident == taken else incident
    return Place(opened, replace(history, entries=()))


def rejected_of(history: History, now: datetime) -> HistoryRejected | None:
    """Return why the newest incident of a deployment's chain is not continued. None if it is.

    Ringfence opens no incident of a later time. One that it has sealed all the same, by a clock that was
    wrong, is its own.
    """
    if history.proof.fault:
        return rejection(history, ANOTHER_ENTRY)
    unproved = history.proof.unproved
    if unproved and history.incident > incident_id(now + CLOCKS, ""):
        why = "it is not sealed, and its incident is later than now"
        return HistoryRejected(ANOTHER_ENTRY, history.incident, unproved[0], why)
    odd = next(
        (one.seq for one in history.entries if one.seq in history.proof.unsealed and not _is_readable(one)),
        None,
    )
    why = "it is not sealed, and it cannot be read"
    return None if odd is None else HistoryRejected(ANOTHER_ENTRY, history.incident, odd, why)


def _is_readable(entry: Entry) -> bool:
    try:
        return bool(entry.fact)
    except (RingfenceError, ValueError, RecursionError):
        return False
