"""Keep what waits for a summary, so that another environment sends it if this one ends first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.aws.held_items import SLOTS, Held
from ringfence.aws.incidents import Response
from ringfence.handlers.logs import logger
from ringfence.model.errors import BadInput, Retryable, UnknownRecord
from ringfence.record.chain import ChainKey
from ringfence.record.notices import notice
from ringfence.record.notices.floods import LONGEST_WAIT, summaries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ringfence.aws.held_items import HeldItems, Slot
    from ringfence.aws.incidents import IncidentReader
    from ringfence.record.notices import Notice

ABANDONED = 3 * LONGEST_WAIT
"""After this time without a change, no environment sends what an item names. Two heartbeats are in it."""
MOST_HELD = 200
_Key = tuple[str, str, str]


@dataclass
class HeldNotices:
    """What this environment holds back, and its item. `slot` is empty while it has none.

    A failure here delays no notice: it is logged.
    """

    items: HeldItems
    reader: IncidentReader
    clock: Callable[[], datetime]
    entries: dict[_Key, Held] = field(default_factory=dict)
    slot: str = ""
    written: tuple[Held, ...] = ()

    def remember(self, told: Notice, held: Held, waiting: tuple[Notice, ...]) -> None:
        """Keep the notice of an entry if it is among those that wait. Forget those that wait no more."""
        self.entries[_key(told)] = held
        self.keep(waiting)

    def keep(self, waiting: tuple[Notice, ...]) -> None:
        """Write what waits, if it changed."""
        keys = set(map(_key, waiting))
        self.entries = {key: one for key, one in self.entries.items() if key in keys}
        held = tuple(self.entries.values())[-MOST_HELD:]
        if held == self.written:
            return
        try:
            self.slot = self.slot or self._free()
            if self.slot:
                self.items.put(self.slot, self.clock(), held)
                self.written = held
        except Retryable as error:
            logger().warning("what waits for a summary is not kept", extra={"error": str(error)})

    def abandoned(self, send: Callable[[Notice], None]) -> None:
        """Send summaries of what ended environments held back. Then empty their items.

        If this environment ends in between, another one sends them once more.
        """
        try:
            for one in self._of_others():
                if one.held and one.at + ABANDONED < self.clock():
                    for each in summaries(tuple(self._notices(one))):
                        send(each)
                    self.items.put(one.key, self.clock(), ())
        except Retryable as error:
            logger().warning("what others held back is not sent", extra={"error": str(error)})

    def _free(self) -> str:
        used = {one.key for one in self.items.read() if one.held}
        return next((key for key in SLOTS if key not in used), "")

    def _of_others(self) -> tuple[Slot, ...]:
        return tuple(one for one in self.items.read() if one.key != self.slot)

    def _notices(self, slot: Slot) -> Iterator[Notice]:
        """Yield the notices of the entries that an item names. They are made from the audit log again."""
        for one in slot.held:
            runbook, _, subject = one.chain.partition("#")
            try:
                found = notice(
                    self.reader.entries(Response(ChainKey(runbook, subject), one.incident), one.entry)
                )
            except (BadInput, UnknownRecord) as error:
                logger().error("unreadable", extra={"chain": one.chain, "error": str(error)})
                continue
            if found:
                yield found


def _key(one: Notice) -> _Key:
    return one.incident, one.kind.code, f"{one.at}"
