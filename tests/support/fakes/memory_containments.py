"""The list of open contained incidents, as a log in memory shows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ringfence.record.chain import ChainKey
from ringfence.record.containments import Containment, containment

if TYPE_CHECKING:
    from datetime import datetime

    from tests.support.fakes.memory_log import MemoryLog


@dataclass
class MemoryContainments:
    """Counts how often it is read; `verifications` are what was recorded, by incident.

    `hidden`: it has no items. `others` are items whose chains it does not contain.
    """

    log: MemoryLog
    reads: int = 0
    verifications: dict[str, datetime] = field(default_factory=dict)
    hidden: bool = False
    others: tuple[Containment, ...] = ()

    def open(self) -> tuple[Containment, ...]:
        self.reads += 1
        if self.hidden:
            return ()
        found = list(self.others)
        for chain in sorted(self.log.chains):
            key = ChainKey(*chain.split("#", 1))
            one = containment(key, self.log.read(key))
            if one is not None and one.open:
                found.append(replace(one, verified_at=self.verifications.get(one.incident, one.verified_at)))
        return tuple(found)

    def verified(self, one: Containment, at: datetime) -> None:
        self.verifications[one.incident] = at
