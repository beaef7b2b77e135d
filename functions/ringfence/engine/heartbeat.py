"""Record heartbeats: one chain for the deployment, with one incident a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.daily_chain import record_today
from ringfence.record.chain import HEARTBEAT, ChainKey

if TYPE_CHECKING:
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.model.kinds.account import AccountRef
    from ringfence.record.deployment_facts import Heartbeat


def record(ports: Ports, execution: ExecutionContext, home: AccountRef, fact: Heartbeat) -> None:
    """Append a heartbeat to the chain of the day. Raises Retryable."""
    record_today(ports, ChainKey(HEARTBEAT, home.key), fact, execution)
