"""Record that the policy refuses findings of a sender: one chain, with one incident a day.

A sender can send any number of findings. So the same refusal is recorded once a day, and of one sender only a
few: the log and the readers of notices must not drown in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.daily_chain import place_of, record_today
from ringfence.model.claims import SentFinding
from ringfence.record.deployment_facts import FindingRefused
from ringfence.record.refused_findings import chain_of

if TYPE_CHECKING:
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.model.kinds.account import AccountRef
    from ringfence.record.chain import ChainKey

MOST = 10
"""How many refusals of one sender are recorded in a day."""


def key_of(home: AccountRef) -> ChainKey:
    """Return the key of the chain. `home` is the home account."""
    return chain_of(home.id)


def record_refusal(ports: Ports, home: AccountRef, fact: FindingRefused, execution: ExecutionContext) -> bool:
    """Record a refusal, and return whether it was. Raises Retryable."""
    key = key_of(home)
    today = place_of(ports.log.read(key), key, ports.clock()).history
    known = [one for one in today.of(FindingRefused) if _who(one) == _who(fact)]
    if len(known) >= MOST or any((one.field, one.given) == (fact.field, fact.given) for one in known):
        return False
    record_today(ports, key, fact, execution)
    return True


def _who(fact: FindingRefused) -> tuple[str, str]:
    """Return who sent a finding, and how. Sessions of one role are one sender: it chooses their names."""
    return SentFinding(fact.sender, fact.way).person, fact.way
