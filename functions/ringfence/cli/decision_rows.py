"""Who decided what and why, as rows: decisions of the policy, requests, approvals and their answers.

The rows are read from the JSON of the entries, so an entry that this version does not know is no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.brief import actor_of
from ringfence.record.summary import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringfence.model.document import Document
    from ringfence.record.chain import Entry
    from ringfence.record.summary import Line

COLUMNS = (
    "at",
    "incident",
    "runbook",
    "subject",
    "entry",
    "what",
    "result",
    "who",
    "authenticated",
    "reason",
    "policy",
    "approval",
    "plan",
    "hash",
)
"""The columns. `policy` is the SHA-256 of the policy file that decided."""


def decision_rows(entries: Iterable[Entry]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each entry that says who decided something."""
    for one in map(line, entries):
        if read := _READ.get(one.kind):
            yield _row(one, **read(one.fact))


def _row(  # noqa: PLR0913 - a parameter for each column that depends on the kind of the entry
    one: Line,
    *,
    what: str,
    result: str = "",
    reason: str = "",
    authenticated: str = "",
    policy: str = "",
    approval: str = "",
    plan: str = "",
) -> tuple[object, ...]:
    incident, runbook, subject = (
        one.body.optional_text(name) or "" for name in ("incident", "runbook", "subject")
    )
    place = (one.at, incident, runbook, subject, one.entry.seq)
    return (
        *place,
        what,
        result,
        actor_of(one),
        authenticated,
        reason,
        policy,
        approval,
        plan,
        one.entry.hash,
    )


def _text(fact: Document, name: str) -> str:
    return fact.optional_text(name) or ""


def _decision(fact: Document) -> dict[str, str]:
    made = fact.optional_child("decision")
    return {
        "what": "decision",
        "result": _text(made, "mode"),
        "reason": _text(made, "reason"),
        "policy": _text(fact, "policy"),
        "approval": _text(fact, "approval"),
    }


def _request(fact: Document) -> dict[str, str]:
    return {
        "what": f"{_text(fact, 'what')} requested",
        "result": "dry run" if fact.flag("dry_run") else "",
        "reason": _text(fact, "reason"),
        "authenticated": "yes" if fact.flag("verified", default=True) else "no",
        "plan": _text(fact, "plan"),
    }


def _asked(fact: Document) -> dict[str, str]:
    limit = _text(fact, "limit")
    return {
        "what": "approval requested",
        "reason": f"the limit {limit} is used" if limit else "",
        "approval": _text(fact, "approval"),
        "plan": _text(fact, "digest"),
    }


def _answered(fact: Document) -> dict[str, str]:
    glass = ", break-glass" if fact.flag("break_glass") else ""
    return {
        "what": "approval answered",
        "result": f"{_text(fact, 'answer')}{glass}",
        "reason": _text(fact, "reason"),
        "authenticated": "yes",
        "approval": _text(fact, "approval"),
    }


def _expired(fact: Document) -> dict[str, str]:
    return {
        "what": "approval expired",
        "result": _text(fact, "outcome"),
        "reason": _text(fact, "detail"),
        "approval": _text(fact, "approval"),
    }


def _voided(fact: Document) -> dict[str, str]:
    return {
        "what": "approval void",
        "reason": _text(fact, "why"),
        "approval": _text(fact, "approval"),
    }


def _unsealed(fact: Document) -> dict[str, str]:
    return {"what": "release without seals accepted", "reason": _text(fact, "reason")}


def _paused(fact: Document) -> dict[str, str]:
    pause = fact.optional_child("pause")
    who = _text(pause, "who")
    because = _text(fact, "reason") or _text(pause, "reason")
    return {
        "what": "pause",
        "result": _text(fact, "change"),
        "reason": f"{because} (paused by {who})" if who else because,
    }


def _reset(fact: Document) -> dict[str, str]:
    return {"what": "limit reset", "result": _text(fact, "limit"), "reason": _text(fact, "reason")}


def _replayed(fact: Document) -> dict[str, str]:
    return {"what": "dead letters replayed", "result": _text(fact, "queue"), "reason": _text(fact, "reason")}


_READ: Mapping[str, Callable[[Document], dict[str, str]]] = {
    "DecisionMade": _decision,
    "RunRequested": _request,
    "ApprovalRequested": _asked,
    "ApprovalAnswered": _answered,
    "ApprovalExpired": _expired,
    "ApprovalVoided": _voided,
    "UnsealedAccepted": _unsealed,
    "PausesChanged": _paused,
    "LimitReset": _reset,
    "ReplayRequested": _replayed,
}
