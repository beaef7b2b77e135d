"""Tell the outputs of new entries, after the notices about them were sent.

What cannot be sent must not keep notices back. It is kept in memory and sent with the next batch of the
stream, at the latest with the next heartbeat. An alarm rings meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import emit
from ringfence.handlers.output_messages import NOTHING, Noted, OutputMessage
from ringfence.model.errors import RingfenceError
from ringfence.model.resource_names import runbook_ids
from ringfence.record.measures import OUTPUTS_WAIT, Measure
from ringfence.record.summary import line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.handlers.stream import Change

MOST_KEPT = 1000
"""The messages that are kept if they cannot be sent. The oldest are dropped, and the log names them."""
_BATCH = 10
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""


@dataclass
class Outlet:
    """Collects the new entries of a batch, and sends a message for each output.

    `send_all` sends up to ten messages, and raises Retryable. `facts` returns the facts of each output. It is
    called when there is something to send.
    """

    send_all: Callable[[list[str]], None]
    facts: Callable[[], Mapping[str, frozenset[str]]]
    noted: Noted = NOTHING
    waiting: list[OutputMessage] = field(default_factory=list)

    def note(self, change: Change) -> None:
        """Note a new entry of a response. The chains of the deployment itself are none."""
        if change.entry is not None and change.chain.partition("#")[0] in runbook_ids():
            self.noted = self.noted.with_line(change.chain, line(change.entry))

    def send(self) -> None:
        """Send what was noted. Raises nothing: notices come first, and a batch must not return for this."""
        noted, self.noted = self.noted, NOTHING
        if noted.entries:
            self.waiting.extend(noted.messages(self.facts()))
        while self.waiting:
            batch = self.waiting[:_BATCH]
            try:
                self.send_all([one.body for one in batch])
            except RingfenceError as error:
                self._keep(error)
                return
            del self.waiting[:_BATCH]

    def _keep(self, error: RingfenceError) -> None:
        dropped, self.waiting = self.waiting[:-MOST_KEPT], self.waiting[-MOST_KEPT:]
        extra = {
            "error": str(error),
            "waiting": len(self.waiting),
            "dropped": [one.body for one in dropped],
        }
        logger().error("messages to the outputs were not sent", extra=extra)
        emit((Measure(OUTPUTS_WAIT, len(self.waiting)),))
