"""Send the notice and the metrics of a new entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.incidents import Response
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import emit
from ringfence.handlers.stream import INSERT
from ringfence.model.errors import BadInput
from ringfence.record.chain import ChainKey
from ringfence.record.notices import NOTIFYING_FACTS, notice
from ringfence.record.summary import line

if TYPE_CHECKING:
    from ringfence.aws.incidents import IncidentReader
    from ringfence.aws.notice import Topic
    from ringfence.handlers.stream import Change


@dataclass(frozen=True)
class Notifier:
    """Reads the entries up to a new one and sends its notice. Tampering is reported by the archive."""

    reader: IncidentReader
    topic: Topic

    def act(self, change: Change) -> None:
        """Handle one change. Raises Retryable if the table or the topic fails."""
        if change.kind != INSERT or change.entry is None or line(change.entry).kind not in NOTIFYING_FACTS:
            return
        runbook, _, subject = change.chain.partition("#")
        response = Response(ChainKey(runbook, subject), change.entry.incident)
        try:
            told = notice(self.reader.entries(response, change.sort))
        except BadInput as error:
            logger().error(
                "unreadable", extra={"chain": change.chain, "entry": change.sort, "error": str(error)}
            )
            return
        if told:
            self.topic.publish(told)
            emit(told.measures)
