"""Send the notice and the metrics of a new entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.aws.held_items import Held
from ringfence.aws.incidents import Response
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import arrived, emit
from ringfence.handlers.stream import INSERT
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import NOTIFY, runbook_ids
from ringfence.record.chain import HEARTBEAT, ChainKey
from ringfence.record.notices import NOTIFYING_FACTS, notice
from ringfence.record.notices.floods import Floods
from ringfence.record.summary import line
from ringfence.runbooks import runbook as runbook_of

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.aws.incidents import IncidentReader
    from ringfence.aws.notice import Topic
    from ringfence.handlers.approval_schedules import ApprovalSchedules
    from ringfence.handlers.held_notices import HeldNotices
    from ringfence.handlers.outlet import Outlet
    from ringfence.handlers.stream import Change
    from ringfence.record.chain import Entry
    from ringfence.record.notices import Notice


MOST_RESPONSES = 64
"""The responses that a warm environment remembers. One has a few hundred kilobytes at most."""


@dataclass
class Notifier:
    """Reads the entries up to a new one and sends its notice. Tampering is reported by the archive.

    The stream delivers the entries of a response in order. `known` are those that were delivered or read, so
    that a warm environment reads none of them again. `escalations` is the topic for notices that nobody
    answered. `approvals` schedules what follows a notice of an approval. `floods` counts what this
    environment sent: another one sends more, never less. `outlet` tells the outputs, if there are any, after
    the notices of a batch. `held` keeps what waits for a summary.
    """

    reader: IncidentReader
    topic: Topic
    escalations: Topic | None = None
    approvals: ApprovalSchedules | None = None
    outlet: Outlet | None = None
    known: dict[Response, tuple[Entry, ...]] = field(default_factory=dict)
    floods: Floods = field(default_factory=Floods)
    held: HeldNotices | None = None

    def act(self, change: Change) -> None:
        """Handle one change. Raises Retryable if the table or the topic fails."""
        if change.kind != INSERT or change.entry is None:
            return
        if self.outlet:
            self.outlet.note(change)
        self._send_late(line(change.entry).at)
        if change.chain.startswith(f"{HEARTBEAT}#"):
            arrived(NOTIFY)
            if self.held:
                self.held.abandoned(self.topic.publish)
            if line(change.entry).kind not in NOTIFYING_FACTS:
                return
        runbook, _, subject = change.chain.partition("#")
        response = Response(ChainKey(runbook, subject), change.entry.incident)
        entries = self._delivered(response, change.entry)
        if line(change.entry).kind not in NOTIFYING_FACTS:
            return
        _declare(runbook)
        try:
            told = notice(entries or self._read(response, change.sort))
        except BadInput as error:
            logger().error(
                "unreadable", extra={"chain": change.chain, "entry": change.sort, "error": str(error)}
            )
            return
        if told:
            self._send(told, response.key, change.entry)
            if self.held:
                held = Held(change.chain, change.entry.incident, change.sort)
                self.held.remember(told, held, self.floods.waiting)

    def tell_outputs(self) -> None:
        """Tell the outputs of the entries of a batch. Raises nothing."""
        if self.outlet:
            self.outlet.send()

    def _send_late(self, now: datetime) -> None:
        after, messages = self.floods.late(now)
        for one in messages:
            self.topic.publish(one)
        self.floods = after
        if messages and self.held:
            self.held.keep(after.waiting)

    def _send(self, told: Notice, key: ChainKey, entry: Entry) -> None:
        if self.approvals:
            self.approvals.before(key, entry)
        after, messages = self.floods.after(told)
        for one in messages:
            self.topic.publish(one)
            if one.escalated and self.escalations:
                self.escalations.publish(one)
        self.floods = after
        if self.approvals:
            self.approvals.after(key, entry)
        emit(told.counted)

    def _delivered(self, response: Response, entry: Entry) -> tuple[Entry, ...]:
        """Return the entries up to this one if all of them are known. Empty if they must be read.

        The hash in the entry says whether it follows what is known.
        """
        known = self.known.get(response, ())
        if known[entry.seq : entry.seq + 1] == (entry,):
            return known[: entry.seq + 1]
        follows = entry.seq == len(known) and (not known or _previous(entry) == known[-1].hash)
        return self._keep(response, (*known, entry)) if follows else ()

    def _read(self, response: Response, upto: str) -> tuple[Entry, ...]:
        return self._keep(response, self.reader.entries(response, upto))

    def _keep(self, response: Response, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Remember entries, and forget the response that was used the longest time ago."""
        self.known.pop(response, None)
        self.known[response] = entries
        if len(self.known) > MOST_RESPONSES:
            del self.known[next(iter(self.known))]
        return entries


def _declare(id_: str) -> None:
    """Make the steps of a runbook readable, so that a notice says what was done."""
    if id_ in runbook_ids():
        runbook_of(id_)


def _previous(entry: Entry) -> str:
    """Return the hash of the entry before. Empty for an entry that cannot be read."""
    try:
        return entry.previous
    except (BadInput, KeyError, ValueError):
        return ""
