"""Reset a limit: it counts from the beginning, and its breaker closes. One chain for the deployment.

The record comes first: who, why, and what is no longer counted. If the execution dies after it, the limit
does not change, and the person can repeat the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ringfence.engine.daily_chain import record_today
from ringfence.model.errors import Refused
from ringfence.model.frozen import frozen
from ringfence.record.chain import ChainKey
from ringfence.record.deployment_facts import LimitReset
from ringfence.record.limit_usage import breaker_key, breaker_of, usage
from ringfence.record.slots import RESETS, places, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.model.kinds.account import AccountRef
    from ringfence.record.chain import Slot
    from ringfence.record.limit_usage import Breaker, Usage


class LimitItems(Protocol):
    """The items of limits."""

    def read(self, keys: Iterable[str]) -> Mapping[str, Slot]:
        """Return the items with these keys that exist, with strong consistency. Raises Retryable."""
        ...

    def open(self, chains: Iterable[str]) -> frozenset[str]:
        """Return those of these chains whose containments are open. Raises Retryable."""
        ...

    def breakers(self) -> tuple[Slot, ...]:
        """Return the items of limits that were reached, also of those that are closed. Raises Retryable."""
        ...

    def free(self, key: str, seen: Slot, now: datetime) -> None:
        """Let nobody use the item with this key, if it still is what was seen. Raises Retryable."""
        ...


@frozen
class LimitKeeper:
    """Reads limits, and resets them. `home` is the home account."""

    ports: Ports
    items: LimitItems
    home: AccountRef

    def usage(self, limits: Iterable[Slot]) -> tuple[Usage, ...]:
        """Return how much of these limits is used."""
        every, now = tuple(limits), self.ports.clock()
        items = self.items.read(key for one in every for key in _keys(one))
        open_ = self._open(every, items)
        return tuple(usage(one, items, now, open_) for one in every)

    def _open(self, limits: Iterable[Slot], items: Mapping[str, Slot]) -> frozenset[str]:
        """Return the owners of places of shares whose containments are open."""
        shares = (key for one in limits if one.share for key in _keys(one))
        owners = {items[key].owner for key in shares if key in items}
        return self.items.open(owners) if owners else frozenset()

    def breakers(self) -> tuple[Breaker, ...]:
        """Return the breakers that are open, the newest last."""
        now = self.ports.clock()
        found = filter(None, (breaker_of(one, now) for one in self.items.breakers()))
        return tuple(sorted(found, key=lambda one: one.opened_at))

    def reset(self, limit: Slot, reason: str, execution: ExecutionContext) -> LimitReset:
        """Reset a limit. What was used after it was read stays counted.

        Raises Refused if there is nothing to reset, and Retryable if it cannot be recorded with a seal.
        """
        now = self.ports.clock()
        seen = self.items.read(_keys(limit))
        found = usage(limit, seen, now, self._open((limit,), seen))
        if not found.used and found.breaker is None:
            raise Refused(f"nothing uses the limit {found.name}, so there is nothing to reset")
        opened_at = found.breaker.opened_at if found.breaker else None
        owners = tuple(one.owner for one in found.used)
        fact = LimitReset(found.name, found.most, reason, owners, opened_at)
        record_today(self.ports, key_of(self.home), fact, execution, only_sealed="reset a limit")
        size = size_of(limit.name, 0, now).key
        for key, item in seen.items():
            if item.owner and key != size:
                self.items.free(key, item, self.ports.clock())
        return fact


def _keys(limit: Slot) -> tuple[str, ...]:
    """Return the keys of the items of a limit: its breaker, its places, and the size of its group."""
    size = (size_of(limit.name, 0, limit.at).key,) if limit.share else ()
    return (breaker_key(limit.name), *(one.key for one in places(limit)), *size)


def key_of(home: AccountRef) -> ChainKey:
    """Return the key of the chain of resets."""
    return ChainKey(RESETS, home.key)
