"""Record what a person did to the deployment and to no incident: one chain for a kind, one incident a day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.pauses import ATTEMPTS
from ringfence.model.errors import Conflict, Refused, Retryable
from ringfence.model.incident import incident_id
from ringfence.record.chain import Lease, Stamp, link

if TYPE_CHECKING:
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.record.chain import ChainKey
    from ringfence.record.facts import Fact


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
    Refused
        The chain is not authentic.
    Retryable
        There is no key for the seal, or others keep writing.

    """
    for _ in range(ATTEMPTS):
        history = ports.log.read(key)
        if fault := history.proof.fault:
            raise Refused(f"entry {fault.seq} of {history.incident} is not authentic: {fault.words}")
        if only_sealed and history.proof.missing:
            raise Retryable(f"only a sealed entry can {only_sealed}: {history.proof.missing}")
        now = ports.clock()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        incident = max(incident_id(midnight, key.runbook), history.incident)
        joins = history.incident == incident
        known = history if joins else replace(history, entries=())
        stamp = Stamp(key, incident, execution.actor, execution.attempt, now)
        lease = None if joins else Lease("", None, incident)
        try:
            ports.log.append(key, known, link(stamp, known.head, (fact,)), lease)
        except Conflict:
            continue
        return
    raise Retryable(f"others keep writing to {key.text}: tried {ATTEMPTS} times")
