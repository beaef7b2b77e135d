"""What becomes of a new entry that is worth telling: a notice, and its metrics."""

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
    """Reads what was recorded up to an entry, and tells what is new. Tampering is the archive's to tell."""

    reader: IncidentReader
    topic: Topic

    def act(self, change: Change) -> None:
        """Deal with one change. Raises Retryable where the table or the topic cannot be used."""
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
