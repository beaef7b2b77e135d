"""Record heartbeats: one chain for the deployment, with one incident a day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.execution import Execution
from ringfence.engine.journal import journal
from ringfence.model.errors import Conflict, Retryable
from ringfence.model.incident import incident_id
from ringfence.record.chain import HEARTBEAT, ChainKey

if TYPE_CHECKING:
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.model.kinds.account import AccountRef
    from ringfence.record.deployment_facts import Heartbeat


def record(ports: Ports, execution: ExecutionContext, home: AccountRef, fact: Heartbeat) -> None:
    """Append a heartbeat to the chain of the day. Raises Retryable."""
    key, day = ChainKey(HEARTBEAT, home.key), ports.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    incident, history = incident_id(day, HEARTBEAT), ports.log.read(key)
    if history.incident != incident:
        history = replace(history, entries=())
    began = Execution(key, home, incident, execution.actor, execution.attempt, history)
    try:
        journal(ports, began, (fact,))
    except Conflict as error:
        raise Retryable(str(error)) from error
