"""A response as JSON data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.brief import actor_of, reason_of
from ringfence.record.next_command import next_command
from ringfence.record.question import Question

if TYPE_CHECKING:
    from ringfence.cli.incident_views import Verified
    from ringfence.record.brief import Brief
    from ringfence.record.summary import Line


def as_json(one: Brief, verified: Verified) -> dict[str, object]:
    """Return a response as JSON data. Findings are sorted, the worst one first."""
    now, at, later = one.now, verified.get(one.now.id), one.decided_later
    question = Question.newest(now)
    kind, account, region, id_ = one.place
    return {
        "incident": now.incident,
        "opened": now.began.isoformat(),
        "runbook": now.runbook,
        "subject": now.subject,
        "kind": kind,
        "account": account,
        "region": region,
        "id": id_,
        "name": one.name,
        "mode": one.decided.mode,
        "reason": one.decided.reason,
        "later_decision": {"mode": later.mode, "reason": later.reason} if later else None,
        "state": now.state,
        "status": one.status.value,
        "open": one.open,
        "since": one.since.isoformat(),
        "requested": _requested(one.requested),
        "run_requested": _requested(one.run_requested),
        "answers": [_answer(each) for each in question.answers] if question else [],
        "undone": [{"at": each.at.isoformat(), "who": each.who, "call": each.call} for each in one.overcome],
        "verified_at": at.isoformat() if at else None,
        "severity": one.severity,
        "findings": _findings(one),
        "remote_addresses": list(one.remote_addresses),
        "remaining": [] if one.ended else list(now.words("remaining")),
        "refused": list(now.words("refused")),
        "exposure": list(now.residual_risk),
        "next": next_command(now).command,
    }


def _findings(one: Brief) -> list[dict[str, object]]:
    return [
        {
            "id": each.id,
            "type": each.type,
            "severity": each.severity,
            "title": each.title,
            "reported_by": each.reported_by,
        }
        for each in one.ranked
    ]


def _requested(asked: Line | None) -> dict[str, object] | None:
    """Return who requested a run or a release, and why."""
    if asked is None:
        return None
    what = asked.fact.optional_text("what") or ""
    return {"what": what, "actor": actor_of(asked), "reason": reason_of(asked), "at": asked.at.isoformat()}


def _answer(one: Line) -> dict[str, object]:
    """Return what a person answered about a plan, and why."""
    given = one.fact.optional_text("answer") or ""
    return {"answer": given, "actor": actor_of(one), "reason": reason_of(one), "at": one.at.isoformat()}
