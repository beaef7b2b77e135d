"""The items of limits of a log in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringfence.record.slots import BREAKER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from ringfence.record.chain import Slot
    from tests.support.fakes.memory_log import MemoryLog


@dataclass
class MemoryLimitItems:
    """Implements `LimitItems`. `before` runs once before an item is freed."""

    log: MemoryLog
    before: Callable[[], object] | None = None

    def read(self, keys: Iterable[str]) -> Mapping[str, Slot]:
        """Return the items that exist."""
        return {key: self.log.slots[key] for key in keys if key in self.log.slots}

    def open(self, chains: Iterable[str]) -> frozenset[str]:
        """Return the chains whose containments are open."""
        return self.log.open().intersection(chains)

    def breakers(self) -> tuple[Slot, ...]:
        """Return the items of limits that were reached."""
        return tuple(one for key, one in self.log.slots.items() if key.startswith(BREAKER) and one.owner)

    def free(self, key: str, seen: Slot, now: datetime) -> None:
        """Let nobody use an item, if it still is what was seen."""
        before, self.before = self.before, None
        if before:
            before()
        known = self.log.slots[key]
        if (known.owner, known.at) == (seen.owner, seen.at):
            self.log.put_slot(key, replace(known, owner="", at=now))
