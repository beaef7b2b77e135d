"""A response as JSON data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.brief import actor_of
from ringfence.record.next_command import next_command

if TYPE_CHECKING:
    from ringfence.cli.incident_views import Verified
    from ringfence.record.brief import Brief


def as_json(one: Brief, verified: Verified) -> dict[str, object]:
    """Return a response as JSON data. Findings are sorted, the worst one first."""
    now, at, later = one.now, verified.get(one.now.id), one.decided_later
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
        "requested": _requested(one),
        "undone": [{"at": each.at.isoformat(), "who": each.who, "call": each.call} for each in one.overcome],
        "verified_at": at.isoformat() if at else None,
        "severity": one.severity,
        "findings": [
            {
                "id": each.id,
                "type": each.type,
                "severity": each.severity,
                "title": each.title,
                "reported_by": each.reported_by,
            }
            for each in one.ranked
        ],
        "remote_addresses": list(one.remote_addresses),
        "remaining": list(now.words("remaining")),
        "refused": list(now.words("refused")),
        "exposure": list(now.residual_risk),
        "next": next_command(now).command,
    }


def _requested(one: Brief) -> dict[str, object] | None:
    """Return who requested the newest run or release, and why."""
    asked = one.requested
    if asked is None:
        return None
    what, reason = asked.fact.optional_text("what"), asked.fact.optional_text("reason")
    return {"what": what or "", "actor": actor_of(asked), "reason": reason or "", "at": asked.at.isoformat()}
