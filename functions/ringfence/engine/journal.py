"""Phase 4, journal: record before any change, with the lease in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import Conflict
from ringfence.model.frozen import replace
from ringfence.record.chain import Lease, Stamp, link
from ringfence.record.history import with_provided

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.engine.ports import Ports
    from ringfence.record.chain import Entry, Slot
    from ringfence.record.facts import Fact

REBASES = 8
"""The number of attempts to append to a chain with other writers."""


def journal(  # noqa: PLR0913 - one transaction: the facts, and what they take or give back
    ports: Ports,
    execution: Execution,
    facts: Iterable[Fact] = (),
    *,
    until: datetime | None = None,
    ends: bool = False,
    slots: Sequence[Slot] = (),
) -> Execution:
    """Write the pending facts and these in one transaction.

    `until` takes the lease, or renews it. `ends` releases it. `slots` are limits that these facts use; it
    raises LimitReached and writes nothing if one of them is used up. The first entry of an incident also
    names it in the lease record, so that two incidents cannot be opened at once. On a conflict the chain is
    read again. The facts are appended after those of others, unless another execution has acted since. In
    that case it raises Conflict and writes nothing.
    """
    execution = execution.adding(facts)
    execution = _unsealed(execution) if execution.history.proof.missing else execution
    execution = _rebased(ports, execution) if execution.lost and execution.pending else execution
    lease = _lease(execution, until, ends=ends)
    for _ in range(REBASES):
        if not execution.pending and lease is None:
            return execution
        entries = _link(ports, execution)
        try:
            ports.log.append(execution.key, execution.history, entries, lease, slots)
        except Conflict:
            execution = _rebased(ports, execution)
        else:
            return _written(execution, entries, lease)
    if execution.lost:
        return execution
    raise Conflict(f"other executions keep writing to {execution.key.text}: tried {REBASES} times")


def _unsealed(execution: Execution) -> Execution:
    """Record once in an execution why its entries have no MAC."""
    from ringfence.record.tampering_facts import RecordUnsealed  # most executions have the key

    written = (fact for entry, fact in execution.history.facts if entry.attempt == execution.attempt)
    known = any(isinstance(fact, RecordUnsealed) for fact in (*written, *execution.pending))
    if known or not execution.pending or execution.lost:
        return execution
    return execution.adding((RecordUnsealed(execution.history.proof.missing),))


def _lease(execution: Execution, until: datetime | None, *, ends: bool) -> Lease | None:
    if until is not None and (not execution.holds or until != execution.history.lease.until):
        return Lease(execution.attempt, until, execution.incident)
    if ends and execution.holds:
        return Lease("", None, execution.incident)
    opens = execution.pending and not execution.history.entries
    return Lease("", None, execution.incident) if opens else None


def _link(ports: Ports, execution: Execution) -> tuple[Entry, ...]:
    stamp = Stamp(execution.key, execution.incident, execution.actor, execution.attempt, ports.clock())
    joins = execution.history.incident == execution.incident
    return link(stamp, execution.history.head if joins else None, execution.pending)


def _written(execution: Execution, entries: tuple[Entry, ...], lease: Lease | None) -> Execution:
    history = execution.history
    before = history.entries if history.incident == execution.incident else ()
    holds = execution.holds if lease is None else bool(lease.owner)
    lease = history.lease if lease is None else lease
    provided = with_provided(history.provided, execution.pending)
    known = replace(history, entries=(*before, *entries), lease=lease, provided=provided)
    if provided != history.provided:
        known = replace(known, not_provided=None)  # it was replaced
    return replace(execution, history=known, pending=(), holds=holds)


def _rebased(ports: Ports, execution: Execution) -> Execution:
    from ringfence.engine.rebase import rebased  # only after a conflict

    return rebased(ports, execution)
