"""Each minute: record that a pause has ended or ends soon, and check the item that responses read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.engine.pauses import active_in, key_of
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import emit
from ringfence.record.measures import TAMPER, Measure
from ringfence.record.notices.deployment import pauses_wrong
from ringfence.record.pauses import Pauses

if TYPE_CHECKING:
    from ringfence.aws.notice import Topic
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.pauses import PauseKeeper
    from ringfence.record.history import History


@dataclass
class PauseWatch:
    """Tells people of pauses. `said` is the last fault that a notice was sent about."""

    keeper: PauseKeeper
    topic: Topic
    said: str = field(default="")

    def tell(self, execution: ExecutionContext) -> int:
        """Record what is due, which the notices follow. Return the number. Raises Retryable."""
        history = self._read()
        fault = fault_of(history)
        if fault:
            # Both reads are not one snapshot, and a person can have paused between them.
            history = self._read()
            fault = fault_of(history)
        self._report(fault)
        return len(self.keeper.tell(execution)) if active_in(history) and not fault else 0

    def _read(self) -> History:
        return self.keeper.ports.log.read(key_of(self.keeper.home))

    def _report(self, fault: str) -> None:
        """Let the alarm ring each minute, and send one notice for each fault."""
        if fault:
            logger().error("pauses", extra={"fault": fault})
            emit((Measure(TAMPER),))
        if fault and fault != self.said:
            self.topic.publish(pauses_wrong(fault))
        self.said = fault


def fault_of(history: History) -> str:
    """Return why the item is not the copy of the newest entry, in words. Empty if it is."""
    pauses, head = history.pauses, history.head
    newest = (history.incident, head.seq) if head else Pauses.place
    if pauses.unreadable or pauses.place == newest:
        return pauses.unreadable
    return "it is not the newest entry of the audit log about pauses"
