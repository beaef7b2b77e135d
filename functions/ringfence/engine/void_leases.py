"""Leases that no execution of Ringfence can have taken: what is recorded about them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.codec import instant_text
from ringfence.record.tampering_facts import LeaseVoided

if TYPE_CHECKING:
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

MOST_CHARACTERS = 128
"""Characters of the owner of a void lease that are recorded."""


def voided(known: History) -> tuple[Fact, ...]:
    """Return that the lease is void, unless it is not or the incident records it."""
    lease = known.lease
    if not lease.void:
        return ()
    until = instant_text(lease.until) if lease.until else ""
    fact = LeaseVoided(lease.void, lease.owner[:MOST_CHARACTERS], until)
    return () if fact in known.of(LeaseVoided) else (fact,)
