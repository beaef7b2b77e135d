"""A finding and how its incident stands, as a Detection Finding of OCSF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.step import counted
from ringfence.record.brief import Brief, severity_word
from ringfence.record.changes import changes
from ringfence.record.dispositions import DISPOSITIONS, Disposition
from ringfence.record.next_command import next_command
from ringfence.record.ocsf.base import Class, Kind, common, milliseconds, text, texts, uid_of, unmapped
from ringfence.record.wording import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.record.changes import Change
    from ringfence.record.ocsf.base import Event
    from ringfence.record.summary import Line, Reported, Summary

_RECEIVED = "FindingReceived"
FACTS = frozenset(
    (
        *(_RECEIVED, "DecisionMade", "SourceAsked", "Verified", "ContainmentBroken", "RemediationUndone"),
        *("ApprovalRequested", "ApprovalAnswered", "ApprovalExpired", "ApprovalVoided"),
        *("LeftUnfinished", "Released", "SubjectGone", "Closed"),
    )
)
"""The facts after which an incident can stand differently."""
_STATUSES = {
    Disposition.NEW: (1, "New"),
    Disposition.IN_PROGRESS: (2, "In Progress"),
    Disposition.RESOLVED: (4, "Resolved"),
}
_CREATE, _UPDATE, _CLOSE = (1, "Create"), (2, "Update"), (3, "Close")


def detections(now: Summary) -> Iterator[Event]:
    """Yield an event for the finding that arrived. After any other fact, one for each finding."""
    last = now.lines[-1]
    findings = now.findings
    if last.kind == _RECEIVED:
        id_ = last.fact.optional_child("finding").optional_text("id") or ""
        findings = tuple(one for one in findings if one.id == id_)
    for number, one in enumerate(findings):
        yield _detection(now, one, number)


def _detection(now: Summary, finding: Reported, number: int) -> Event:
    disposition = DISPOSITIONS[now.status]
    status, status_name = _STATUSES[disposition]
    received = tuple(one for one in now.lines if one.kind == _RECEIVED and _id(one) == finding.id)
    words = said(now.runbook, now.status.words)
    made = tuple(one for one in changes(now) if one.applied)
    return {
        **common(now, _kind(now, received, disposition), f"{uid_of(now)}#{number}", finding.severity),
        "status_id": status,
        "status": status_name,
        "status_detail": words,
        "message": text(f"{finding.title}: {words}"),
        "comment": text(now.reason),
        "finding_info": {
            "uid": text(finding.id),
            "title": text(finding.title),
            "types": [text(finding.type)],
            "first_seen_time": milliseconds(received[0].at),
            "last_seen_time": milliseconds(received[-1].at),
        },
        "resources": [_resource(now)],
        "remediation": {"desc": _remediation(now, len(made))},
        "unmapped": unmapped(now, severity=severity_word(finding.severity), **_standing(now, made)),
    }


def _resource(now: Summary) -> dict[str, object]:
    kind, account, region, id_ = Brief(now).place
    about = {"uid": text(id_ or now.subject), "type": kind, "region": region}
    return {**about, "owner": {"account": {"uid": account}}, "role": "Affected", "role_id": 3}


def _standing(now: Summary, made: tuple[Change, ...]) -> dict[str, object]:
    """Return what was done and what is left, in words."""
    return {
        "changes": len(made),
        "undone": sum(1 for one in made if one.undo),
        "done": texts(f"{one.words}: {one.before} → {one.after}" for one in made),
        "left": texts(now.words("remaining")),
        "residual_risk": texts(now.residual_risk),
        "next_command": text(next_command(now).command),
    }


def _remediation(now: Summary, made: int) -> str:
    done = f"made {counted(made, 'change')}" if made else "changed nothing"
    return f"Ringfence {done}. Status: {now.status.words}."


def _kind(now: Summary, received: tuple[Line, ...], disposition: Disposition) -> Kind:
    if now.lines[-1].kind == _RECEIVED and len(received) == 1:
        activity, name = _CREATE
    elif disposition is Disposition.RESOLVED:
        activity, name = _CLOSE
    else:
        activity, name = _UPDATE
    return Kind(Class.DETECTION_FINDING, activity, name)


def _id(received: Line) -> str:
    return received.fact.optional_child("finding").optional_text("id") or ""
