"""Compare every change of the control table with what Ringfence writes. Anything else is tampering."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import CONTROL_KEY, OPEN, PROVIDED, provided_mac, to_lease, to_provided
from ringfence.aws.containments import to_containment
from ringfence.aws.incidents import Response
from ringfence.aws.pause_item import to_entry
from ringfence.aws.scan_items import text_of
from ringfence.aws.sweep_items import to_looked
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import arrived, emit
from ringfence.model.errors import BadInput, RingfenceError, UnknownRecord
from ringfence.model.resource_names import CONTROL
from ringfence.record import chain, control
from ringfence.record.containments import containment
from ringfence.record.history import History
from ringfence.record.measures import TAMPER, UNSEALED, Measure
from ringfence.record.notices.deployment import control_tampering, unproved_ids
from ringfence.record.pauses import PAUSE
from ringfence.record.scans import wrong_scan
from ringfence.record.sweeps import wrong_sweep
from ringfence.record.untrusted import plain
from ringfence.runbooks import runbook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.aws.incidents import IncidentReader
    from ringfence.aws.notice import Topic
    from ringfence.handlers.stream import Answer, Event, Record
    from ringfence.record.chain import Entry

    Item = Mapping[str, Mapping[str, object]]


def changed(record: Record) -> control.ControlChange:
    """Read the change of a record."""
    images = record["dynamodb"]
    at = datetime.fromtimestamp(images.get("ApproximateCreationDateTime", 0), UTC)
    return control.ControlChange(record["eventName"], images["Keys"][CONTROL_KEY]["S"], at)


@dataclass(frozen=True)
class Guard:
    """Raises the tamper alarm for a change that Ringfence cannot have made."""

    reader: IncidentReader
    topic: Topic

    def work(self, event: Event) -> Answer:
        """Handle each change in order, up to the first failure. The stream continues there."""
        for record in event["Records"]:
            try:
                self.act(record)
            except RingfenceError as error:
                logger().warning("begin again here", extra={"error": str(error)})
                return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        return {"batchItemFailures": []}

    def act(self, record: Record) -> None:
        """Handle one change. Raises Retryable if the table or the topic fails."""
        change = changed(record)
        images = record["dynamodb"]
        words = control.removal(change) or self._wrong(
            change, images.get("OldImage", {}), images.get("NewImage", {})
        )
        if words:
            self._alarm(change, words)
        elif control.kind_of(change.key) == control.PROVIDED:
            self._check_origin(change, images.get("OldImage", {}), images.get("NewImage", {}))
        elif control.kind_of(change.key) == chain.HEARTBEAT:
            arrived(CONTROL)

    def _wrong(self, change: control.ControlChange, old: Item, new: Item) -> str:
        match control.kind_of(change.key):
            case (
                control.LIMIT | control.PROOF | control.HELD | control.SWEEP | control.SCAN | chain.HEARTBEAT
            ):
                return control.wrong_time(change, _time(new, "at")) or _wrong_text(change, new)
            case control.LOG:
                leaves = str(new.get("leaves", {}).get("S", ""))
                return control.wrong_log(change, _count(old), _count(new), leaves)
            case control.PAUSES:
                return self._wrong_pauses(old, new)
            case control.PROVIDED:
                now = to_provided(new) if PROVIDED in new else None
                wrong = control.wrong_provided(to_provided(old), now)
                return wrong or control.wrong_seal(provided_mac(old), provided_mac(new))
            case control.CONTAINMENT:
                return self._wrong_containment(change, old, new)
        return control.wrong_lease(change, to_lease(new))

    def _wrong_pauses(self, old: Item, new: Item) -> str:
        """Return why Ringfence cannot have written what is paused. It writes an entry of the log there."""
        now, before = to_entry(new), to_entry(old)
        return control.wrong_pauses(
            (before.incident, before.seq) if before else None,
            (now.incident, now.seq) if now else None,
            recorded=now is not None and self._is_recorded(now),
        )

    def _is_recorded(self, entry: Entry) -> bool:
        try:
            writer, subject, *_ = entry.names
        except (BadInput, ValueError):
            return False
        key = chain.ChainKey(str(writer), str(subject))
        return writer == PAUSE and entry in self.reader.entries(Response(key, entry.incident))

    def _wrong_containment(self, change: control.ControlChange, old: Item, new: Item) -> str:
        """Return why Ringfence cannot have written an item of the list of open contained incidents."""
        now, before = to_containment(new), to_containment(old)
        if now is None:
            return "an item of the list of open contained incidents is not readable"
        if before is None:
            return ""
        if before.incident != now.incident:
            known = self.reader.entries(Response(now.key, now.incident))
            return "" if known else "an item of the list names an incident that has no entries"
        if OPEN in old and OPEN not in new and self._is_open(change, now.incident):
            return "an open contained incident was removed from the list"
        return ""

    def _is_open(self, change: control.ControlChange, incident: str) -> bool:
        """Return whether the chain says that the incident must stay contained."""
        found = to_containment({CONTROL_KEY: {"S": change.key}}, incident=incident)
        if found is None:
            return True
        try:
            runbook(found.key.runbook)  # its steps are known from now on: without them, no chain can be read
            listed = containment(found.key, History(self.reader.entries(Response(found.key, incident))))
        except (BadInput, UnknownRecord, KeyError, ValueError):
            return True  # entries that are not readable end nothing
        return listed is None or listed.open

    def _check_origin(self, change: control.ControlChange, old: Item, new: Item) -> None:
        """Tell a person of added ids that nobody can prove to be Ringfence's."""
        _, mac = provided_mac(new)
        if control.is_unproved(to_provided(old), to_provided(new), mac):
            logger().error("ids without a MAC", extra={"item": change.key})
            emit((Measure(UNSEALED),))
            self.topic.publish(unproved_ids(_shown(change), change.at))

    def _alarm(self, change: control.ControlChange, words: str) -> None:
        logger().error("tampering", extra={"item": change.key, "what": words})
        emit((Measure(TAMPER),))
        self.topic.publish(control_tampering(words, _shown(change), change.at))


def _wrong_text(change: control.ControlChange, new: Item) -> str:
    """Return why Ringfence cannot have written what a sweep or a scheduled scan keeps. Empty if it can."""
    kind = control.kind_of(change.key)
    if kind == control.SWEEP:
        return wrong_sweep(to_looked(new), change.at)
    return wrong_scan(change.key, text_of(new)) if kind == control.SCAN else ""


def _shown(change: control.ControlChange) -> str:
    return f"item {plain(change.key)}, {change.kind} at {change.at:%Y-%m-%d %H:%M:%S} UTC"


def _count(item: Item) -> int | None:
    try:
        return int(str(item["size"]["N"]))
    except (KeyError, ValueError):
        return None


def _time(item: Item, name: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(str(item.get(name, {}).get("S")))
    except ValueError:
        return None
    return read if read.tzinfo else None
