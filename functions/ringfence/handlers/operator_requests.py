"""Read the requests of operators. Pure: JSON documents in, requests out.

`operator_request_forms` has their forms. Every field is checked, and unknown fields are refused.

`plan` and `plans` are results of a dry run that the caller confirmed. No other plan is then applied.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.engine.release import ResponseRelease
from ringfence.engine.requests import Agreed, ResponseRequest
from ringfence.handlers.operator_types import (
    AnswerRequest,
    ApprovalsQuery,
    BatchRequest,
    RecheckQuery,
    ReleaseRequest,
    RunRequest,
    StatusQuery,
    check_reason,
    request_document,
    within,
)
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.incident import check_incident
from ringfence.model.kinds import ref_of
from ringfence.model.runbook import unique
from ringfence.model.suggestions import unknown
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.approval_facts import Answer
from ringfence.record.batches import MOST_TOGETHER, Shown, batch_digest
from ringfence.record.chain import ChainKey
from ringfence.record.facts import RELEASE, RunRequested

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.engine.intake import ExecutionContext
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.policy import Policy

_DIGEST = re.compile(r"[0-9a-f]{64}")


def run_request(
    body: object,
    catalogue: Mapping[str, Runbook],
    policy: Policy,
    execution: ExecutionContext,
    *,
    direct: bool,
) -> RunRequest:
    """Return the request for the first stage of a run.

    Raises BadInput that names the field, and Forbidden for a subject outside the scope.
    """
    optional = ("remediations", "options", "plan", "despite_exempt")
    document = request_document(body, "runbook", "subject", "reason", "dry_run", *optional)
    runbook = _runbook(document, catalogue)
    ref = _subject(document, runbook)
    chosen, choices = policy.settings(runbook)
    only = unique(document.texts("remediations"))
    chosen = runbook.narrowed(only) if only else chosen
    options = document.optional_child("options")
    given = {name: options.text(name) for name in options.value}
    dry_run = _dry_run(document)
    mode = Mode.DRY_RUN if dry_run else Mode.AUTO
    agreed = _agreed(document)
    request = _request("run", document, only, dry_run=dry_run, direct=direct)
    request = replace(request, despite_exempt=_flag(document, "despite_exempt"))
    order = ResponseRequest(
        runbook=chosen,
        ref=ref,
        attempt=execution.attempt,
        actor=execution.actor,
        until=execution.until,
        decision=Decision(mode, f"requested by {execution.actor}", code=DecisionCode.REQUESTED),
        request=replace(request, plan=agreed.digest) if agreed else request,
        choices=runbook.choose({**dict(choices), **given}),
        stages=1,
        agreed=agreed,
        exempt=policy.exemptions(runbook.id, ref, execution.circumstances.now),
        home=policy.own.deployed,
        policy=policy.digest,
    )
    within(policy, ref)  # the form is read first
    return RunRequest(order, order.runbook.stages[0].id == runbook.stages[0].id)


def release_request(body: object, catalogue: Mapping[str, Runbook], *, direct: bool) -> ReleaseRequest:
    """Read a release request. Raises BadInput that names the field."""
    optional = ("skip_drifted", "plans", "despite_unsealed")
    document = request_document(body, "incident", "runbook", "subject", "reason", "dry_run", *optional)
    incident = check_incident(document.text("incident"))
    key = None
    if document.has("runbook") or document.has("subject"):
        key = _key(document, catalogue)
    request = _request(RELEASE, document, (), dry_run=_dry_run(document), direct=direct)
    request = replace(request, despite_unsealed=_flag(document, "despite_unsealed"))
    given = document.texts("plans") if document.has("plans") else None
    plans = None if given is None else tuple(_digest(one, f"plans[{i}]") for i, one in enumerate(given))
    return ReleaseRequest(incident, key, request, _flag(document, "skip_drifted"), plans)


def response_release(
    undoing: ReleaseRequest, key: ChainKey, ref: Ref, execution: ExecutionContext, policy: str
) -> ResponseRelease:
    """Return the release of one of the incident's responses. `policy` is the policy's digest."""
    return ResponseRelease(
        runbook=key.runbook,
        ref=ref,
        incident=undoing.incident,
        attempt=execution.attempt,
        actor=execution.actor,
        until=execution.until,
        request=undoing.request,
        skip_drifted=undoing.skip_drifted,
        plans=undoing.plans,
        policy=policy,
    )


def status_query(body: object, catalogue: Mapping[str, Runbook]) -> StatusQuery:
    """Read a status query. Raises BadInput that names the field."""
    document = request_document(body, "runbook", "subject", "after", "remediations")
    after = document.integer("after") if document.has("after") else 0
    if after < 0:
        raise BadInput("after", "must be the number of an entry", after)
    runbook = _runbook(document, catalogue)
    only = runbook.narrowed(document.texts("remediations")).ids
    return StatusQuery(_key(document, catalogue), after, only)


def recheck_query(body: object) -> RecheckQuery:
    """Read a request to verify incidents again. Raises BadInput that names the field."""
    document = request_document(body, "incident", "after")
    incident = document.text_if_given("incident")
    return RecheckQuery(check_incident(incident) if incident else "", document.optional_text("after") or "")


def approvals_query(body: object) -> ApprovalsQuery:
    """Read a query for approvals. Raises BadInput that names the field."""
    document = request_document(body, "incident", "breaker", "after")
    if document.has("incident"):
        document = request_document(body, "incident")
        return ApprovalsQuery(check_incident(document.text("incident")))
    return ApprovalsQuery(limit=document.optional_text("breaker") or "", after=_after(document))


def batch_request(body: object) -> BatchRequest | None:
    """Read an answer to what waits behind a limit. None for an answer to one approval. Raises BadInput."""
    if not Document.of(body).has("breaker"):
        return None
    fields = ("breaker", "answer", "plan", "approvals", "reason", "break_glass", "after")
    document = request_document(body, *fields)
    answer, glass = _answer(document)
    shown = tuple(map(_shown, document.children("approvals")))
    given = _digest(document.text("plan"), "plan")
    if not 0 < len(shown) <= MOST_TOGETHER:
        raise BadInput("approvals", f"must be 1 to {MOST_TOGETHER} plans that you have seen")
    if batch_digest(shown) != given:
        raise BadInput("plan", "must be the digest of all plans in `approvals`", given)
    reason = check_reason(document.optional_text("reason") or "")
    return BatchRequest(document.text("breaker"), answer, shown, given, reason, glass, _after(document))


def _shown(one: Document) -> Shown:
    one.only("incident", "approval", "plan")
    plan = _digest(one.text("plan"), one.at("plan"))
    return Shown(check_incident(one.text("incident")), one.text("approval"), plan)


def _after(document: Document) -> int:
    after = document.integer("after") if document.has("after") else 0
    if after < 0:
        raise BadInput("after", "must be a number from 0 on", after)
    return after


def _answer(document: Document) -> tuple[str, bool]:
    """Read the answer, and whether it is given with break-glass. Raises BadInput."""
    answer, glass = document.text("answer"), _flag(document, "break_glass")
    if answer not in {Answer.APPROVE, Answer.REJECT}:
        raise BadInput("answer", f"must be {Answer.APPROVE} or {Answer.REJECT}", answer)
    if glass and answer != Answer.APPROVE:
        raise BadInput("break_glass", "is only for an approval: everybody who may answer can reject")
    return answer, glass


def answer_request(body: object) -> AnswerRequest:
    """Read an answer to an approval. Raises BadInput that names the field."""
    document = request_document(body, "incident", "answer", "plan", "reason", "approval", "break_glass")
    answer, glass = _answer(document)
    return AnswerRequest(
        check_incident(document.text("incident")),
        document.optional_text("approval") or "",
        answer,
        _digest(document.text("plan"), "plan"),
        check_reason(document.optional_text("reason") or ""),
        glass,
    )


def _agreed(document: Document) -> Agreed | None:
    """Read the confirmed plan. Raises BadInput."""
    if not document.has("plan"):
        return None
    plan = document.child("plan").only("digest", "as_of")
    try:
        as_of = datetime.fromisoformat(plan.text("as_of"))
        as_of.astimezone(UTC)
    except (OverflowError, ValueError):
        as_of = datetime.min  # noqa: DTZ901 - not a real time either
    if as_of.tzinfo is None:
        raise BadInput(plan.at("as_of"), "must be the time that the dry run returned", plan.text("as_of"))
    return Agreed(_digest(plan.text("digest"), plan.at("digest")), as_of)


def _digest(text: str, field: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise BadInput(field, "must be the plan's digest that a dry run returned", text)
    return text


def _flag(document: Document, key: str) -> bool:
    """Return true or false, and false without a value. A text is neither."""
    if document.has(key) and not isinstance(document.value[key], bool):
        raise BadInput(document.at(key), "must be true or false", document.value[key])
    return document.flag(key)


def _dry_run(document: Document) -> bool:
    if not isinstance(document.value.get("dry_run"), bool):
        raise BadInput("dry_run", "is required and must be true or false", document.value.get("dry_run"))
    return document.flag("dry_run")


def _runbook(document: Document, catalogue: Mapping[str, Runbook]) -> Runbook:
    given = document.text("runbook")
    if given not in catalogue:
        raise unknown("runbook", given, sorted(catalogue))
    return catalogue[given]


def _subject(document: Document, runbook: Runbook) -> Ref:
    subject = document.child("subject").only("kind", "account", "region", "id")
    account, region, id_ = (subject.text(key) for key in ("account", "region", "id"))
    return ref_of(runbook.subject, account, region, id_, subject.optional_text("kind") or "")


def _key(document: Document, catalogue: Mapping[str, Runbook]) -> ChainKey:
    runbook = _runbook(document, catalogue)
    return ChainKey(runbook.id, _subject(document, runbook).key)


def _request(
    what: str, document: Document, only: tuple[str, ...], *, dry_run: bool, direct: bool
) -> RunRequested:
    return RunRequested(
        what=f"{what} --direct" if direct else what,
        reason=check_reason(document.optional_text("reason") or ""),
        remediations=only,
        dry_run=dry_run,
        verified=not direct,
    )
