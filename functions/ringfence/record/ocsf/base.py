"""What every event of OCSF has: its class, its time, its severity, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.record.brief import Brief, severity_word
from ringfence.record.untrusted import plain

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.record.summary import Line, Summary

Event = Mapping[str, object]
Techniques = Callable[[str, str, str], tuple[str, ...]]
"""The ids of the countermeasures of a step, given its runbook, its stage and its class."""

VERSION = "1.6.0"
"""The version of OCSF. AWS Security Hub writes its findings in the same one."""
PRODUCT = {"name": "Ringfence", "vendor_name": "Ringfence", "uid": "ringfence"}
PROFILES = ("cloud",)
RESOURCE_UID = 10
"""The type of an observable that is the id of a resource."""
_SEVERITIES = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_CAPTIONS = {0: "Unknown", **{number: word.capitalize() for word, number in _SEVERITIES.items()}}
OTHER = 99
LONGEST_TEXT = 4000
MOST_BYTES = 32_000
"""The bytes of one list of texts. EventBridge takes 256 KB for an event."""
UNREADABLE = "unreadable"


class Class(IntEnum):
    """The classes of events, by their `class_uid`."""

    COMPLIANCE_FINDING = 2003
    DETECTION_FINDING = 2004
    REMEDIATION_ACTIVITY = 7001


_CLASSES = {
    Class.COMPLIANCE_FINDING: ("Compliance Finding", 2, "Findings"),
    Class.DETECTION_FINDING: ("Detection Finding", 2, "Findings"),
    Class.REMEDIATION_ACTIVITY: ("Remediation Activity", 7, "Remediation"),
}
"""The name of each class, and its category."""


@frozen
class Kind:
    """A class of events with an activity of it."""

    of: Class
    activity: int
    activity_name: str

    def fields(self) -> dict[str, object]:
        """Return the fields that classify an event."""
        name, category, category_name = _CLASSES[self.of]
        return {
            "activity_id": self.activity,
            "activity_name": self.activity_name,
            "category_uid": category,
            "category_name": category_name,
            "class_uid": int(self.of),
            "class_name": name,
            "type_uid": int(self.of) * 100 + self.activity,
            "type_name": f"{name}: {self.activity_name}",
        }


def common(now: Summary, kind: Kind, uid: str, severity: float | None) -> dict[str, object]:
    """Return the fields of every event about the last entry of a response. `uid` is unique to the event."""
    last = now.lines[-1]
    _, account, region, _ = Brief(now).place
    return {
        **kind.fields(),
        "time": milliseconds(last.at),
        **severity_fields(severity_word(severity) if severity is not None else ""),
        "metadata": {
            "version": VERSION,
            "uid": uid,
            "correlation_uid": now.incident,
            "sequence": last.entry.seq,
            "profiles": list(PROFILES),
            "product": PRODUCT,
            "log_name": "ringfence audit log",
        },
        "cloud": {
            "provider": "AWS",
            **({"region": region} if region else {}),
            **({"account": {"uid": account, "type": "AWS Account", "type_id": 10}} if account else {}),
        },
    }


def severity_fields(word: str) -> dict[str, object]:
    """Return the fields of a severity: `low` to `critical`, or `informational`. Any other word: unknown."""
    known = _SEVERITIES.get(word, 0)
    return {"severity_id": known, "severity": _CAPTIONS[known]}


def uid_of(now: Summary) -> str:
    """Return the id of the last entry in the audit log. It is the same whenever the event is made."""
    last = now.lines[-1].entry
    return f"{now.runbook}#{now.subject}#{last.incident}#{last.seq}"


def unmapped(now: Summary, **more: object) -> dict[str, object]:
    """Return what Ringfence knows beside the fields of OCSF, under its own name."""
    last = now.lines[-1]
    return {
        "ringfence": {
            "incident": now.incident,
            "runbook": now.runbook,
            "subject": now.subject,
            "entry": last.entry.seq,
            "hash": last.entry.hash,
            "fact": last.kind or UNREADABLE,
            "status": now.status.value,
            "actor": text(last.body.optional_text("actor") or ""),
            **more,
        }
    }


def text(words: str) -> str:
    """Return a text that can be untrusted: shortened, on one line, without control characters."""
    return plain(words, LONGEST_TEXT)


def texts(of: Iterable[str]) -> list[str]:
    """Return some texts, as many as fit into an event. The last one says how many others there are."""
    every = tuple(of)
    kept: list[str] = []
    left = MOST_BYTES
    for one in every:
        found = text(one)
        left -= len(found.encode("utf-8", "backslashreplace"))
        if left < 0:
            return [*kept, f"and {len(every) - len(kept)} more"]
        kept.append(found)
    return kept


def milliseconds(at: datetime) -> int:
    """Return a time as OCSF writes it: milliseconds since 1970. 0 for an entry that does not say."""
    return max(0, int(at.timestamp() * 1000)) if at.year > 1 else 0


def intent_of(line: Line) -> str:
    """Return the intent of an outcome or of an intent."""
    return line.fact.optional_text("intent") or ""
