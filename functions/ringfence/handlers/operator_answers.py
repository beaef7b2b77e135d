"""Responses to operators. Pure: results, histories and errors in, JSON documents out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ringfence.engine.results import FollowupKind
from ringfence.handlers.operator_types import Forbidden
from ringfence.model.codec import instant_text, recorded_name
from ringfence.model.errors import (
    BadInput,
    Drifted,
    Forged,
    NotFound,
    ProofSlotTaken,
    Refused,
    Retryable,
    RingfenceError,
)
from ringfence.model.kinds import parse_key
from ringfence.model.runbook import unique
from ringfence.record.pausing import holding
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from ringfence.record.timeline import timeline
from ringfence.record.transitions import is_settled, standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from ringfence.engine.recheck_results import RecheckResult
    from ringfence.engine.results import ResponseResult
    from ringfence.handlers.operator_types import StatusQuery
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.record.chain import ChainKey
    from ringfence.record.containments import Containment
    from ringfence.record.facts import Planned
    from ringfence.record.history import History

Answer = dict[str, object]
OK = 200
_GIVEN_BACK = (IncidentStatus.RELEASED, IncidentStatus.RELEASING, IncidentStatus.CLOSED)
"""Statuses that are not a verdict on the response."""
ENDED = "ended"
"""The status of one of several responses that is already released or has a newer incident."""
DRIFTED = "drifted"
"""The code of a refusal because somebody has changed values since. Its kind is that of every refusal."""
SIGN_AGAIN = "sign-again"
"""The code of a request that was not read because another proof of identity has the same slot."""
_CODES: tuple[tuple[type[RingfenceError], str], ...] = ((Drifted, DRIFTED), (ProofSlotTaken, SIGN_AGAIN))
"""Errors that a client tells from others of their kind."""
_SHOWN = frozenset({"FindingReceived", "Outcome", "Verified", "Released", "Missed", "SubjectGone", "Closed"})
"""The entries that show progress. The operator has seen the plan before."""

_KINDS: tuple[tuple[type[RingfenceError], str, int], ...] = (
    (BadInput, "bad-input", 400),
    (Forbidden, "forbidden", 403),
    (Forged, "forged", 403),
    (NotFound, "gone", 404),
    (Refused, "refused", 409),
    (Retryable, "retry", 503),
)
"""Errors with a response: name and HTTP status code. Subclasses come first."""


def code_of(kind: object) -> int:
    """Return the HTTP status code of a kind of error. 200 for a status that is not an error."""
    return next((code for _, name, code in _KINDS if name == kind), OK)


def worst_code(answers: Iterable[Answer]) -> int:
    """Return one HTTP status code for several results. Permanent refusals come before retryable errors."""
    codes = {code_of(one["status"]) for one in answers}
    return next((code for _, _, code in _KINDS if code in codes), OK)


def error_answer(error: RingfenceError) -> Answer:
    """Return the response for an error. An InternalError is raised again."""
    for kind, name, _ in _KINDS:
        if isinstance(error, kind):
            if isinstance(error, BadInput):
                return {"kind": name, "field": error.field, "problem": error.problem, "message": str(error)}
            code = next(({"code": code} for one, code in _CODES if isinstance(error, one)), {})
            return {"kind": name, "message": str(error), **code}
    raise error


def raise_answer(described: Mapping[str, object]) -> None:
    """Raise the error that `error_answer` described. Do nothing for other documents."""
    kind, message = described.get("kind"), str(described.get("message", ""))
    if kind == "bad-input":
        # The message contains the field, the problem and the formatted value.
        field = str(described.get("field", ""))
        raise BadInput(field, message.removeprefix(f"{field}: "))
    for one, code in _CODES:
        if described.get("code") == code:
            raise one(message)
    for error, name, _ in _KINDS[1:]:
        if name == kind:
            raise error(message)


def report_answer(report: ResponseResult, key: ChainKey, titles: Mapping[str, str]) -> Answer:
    """Return the response for a result. `titles` are the titles of the stages."""
    return {
        "status": str(report.status),
        "incident": report.incident,
        "reason": report.reason,
        "runbook": key.runbook,
        "subject": _subject(key),
        "plans": [_plan(plan, titles.get(plan.stage, "")) for plan in report.plans],
        "verified": asdict(report.verified) if report.verified else None,
        "again": list(report.reasons()),
        "goes_on": report.follows(FollowupKind.CONTINUE),
        "exempt": list(report.exempt),
        "protected": report.protected,
        "paused": list(report.paused),
        "as_of": instant_text(report.as_of) if report.as_of else None,
    }


def not_done_answer(key: ChainKey, incident: str, status: object, reason: str) -> Answer:
    """Return the response for one of several releases that failed, in the shape of a result."""
    return {
        "status": status,
        "incident": incident,
        "reason": reason,
        "runbook": key.runbook,
        "subject": _subject(key),
        "plans": [],
        "verified": None,
        "again": [],
        "goes_on": False,
        "paused": [],
        "as_of": None,
    }


def recheck_answer(one: Containment, result: RecheckResult) -> Answer:
    """Return the response for one incident that was verified again. `verified_at` is the time before it."""
    return {
        "incident": one.incident,
        "runbook": one.key.runbook,
        "subject": _subject(one.key),
        "standing": str(result.standing),
        "complete": result.complete,
        "open": list(result.open),
        "reason": result.reason,
        "answered": result.answered,
        "verified_at": instant_text(one.verified_at),
    }


def status_answer(question: StatusQuery, history: History, now: datetime) -> Answer:
    """Return the status of the newest incident, with a line for each requested entry."""
    told, key = Summary.of(history.entries), question.key
    verified, status = history.verified, _status(told, history, question.only)
    looks = told.verifications(question.only) if question.only else told.latest_by_remediation
    return {
        "incident": history.incident,
        "runbook": key.runbook,
        "subject": _subject(key),
        "code": status.value,
        "state": status.words,
        "acting": history.lease.held(now, ""),
        "resting": _rests(looks, history, question.only),
        "contained": bool(verified and verified.contained) and not history.broken,
        "complete": bool(verified and verified.complete) and not history.broken,
        "remaining": list(told.words("remaining")),
        "settling": list(told.words("settling")),
        "refused": list(told.words("refused")),
        "review": list(unique(words for one in looks for words in one.texts("review"))),
        "open_access": list(told.words("open_access")),
        "exposure": list(told.residual_risk),
        "entries": len(history.entries),
        "paused": list(holding(history.pauses, *_place(key), history.incident, now)),
        "lines": list(_lines(history, question.after)),
    }


def _place(key: ChainKey) -> tuple[str, str]:
    return key.runbook, parse_key(key.subject).account


def _rests(looks: tuple[Document, ...], history: History, only: tuple[str, ...]) -> bool:
    """Return whether only AWS services or a person have work left."""
    looked = bool(looks) and len(looks) >= len(only) and all(map(is_settled, looks))
    return looked and history.missed_at is None and not history.open_intents


def _status(told: Summary, history: History, only: tuple[str, ...]) -> IncidentStatus:
    """Return the status of these remediations, from their own verifications only."""
    status, looks = told.status, told.verifications(only)
    if status in _GIVEN_BACK or not history.entries:
        return status
    complete = status is IncidentStatus.COMPLETE
    done = all(map(history.remediated.get, only)) and history.missed_at is None if only else complete
    if done and not history.open_intents:
        return IncidentStatus.COMPLETE
    if _rests(looks, history, only):
        return standing(told.runbook, looks)
    if status not in (IncidentStatus.COMPLETE, IncidentStatus.FOR_REVIEW):
        return status
    verified = history.verified
    return IncidentStatus.CONTAINED if verified and verified.contained else IncidentStatus.UNDER_WAY


def _subject(key: ChainKey) -> Answer:
    ref = parse_key(key.subject)
    return {"kind": ref.kind, "account": ref.account, "region": ref.region, "id": ref.id}


def _plan(plan: Planned, title: str) -> Answer:
    return {
        "stage": plan.stage,
        "title": title,
        "digest": plan.digest,
        "steps": [_step(step) for step in plan.steps],
        "exposure": list(plan.exposure),
    }


def _step(step: Step) -> Answer:
    before, after = step.diff()
    return {
        "kind": recorded_name(type(step)),
        "words": step.describe(),
        "target": step.target,
        "before": before,
        "after": after,
        "cost": step.side_effects(),
        "irreversible": step.irreversible,
    }


def _lines(history: History, after: int) -> Iterator[Answer]:
    for row in timeline(history.entries):
        if row.entry.seq >= after and row.kind in _SHOWN:
            told = row.rendered
            yield {
                "at": instant_text(row.at),
                "kind": row.kind,
                "words": told.words,
                "notes": list(told.notes),
                "result": told.result,
            }
