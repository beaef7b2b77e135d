"""Ask people to approve a plan, once. Pure.

An approval is bound to the plans of all stages. A new finding that leads to the same plans waits for the same
answer. Other plans void it, and people are asked again, with the difference.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.holding import reasons_against
from ringfence.engine.incident_start import IncidentStart
from ringfence.engine.plan_binding import changes, is_covered, same_kinds, step_lines
from ringfence.engine.prospect import Prospect
from ringfence.model.codec import canonical
from ringfence.model.frozen import frozen
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.policy.decision import Mode
from ringfence.record.approval_facts import ApprovalExpired, ApprovalRequested, ApprovalVoided, Expiry
from ringfence.record.approvals import ApprovalStatus, approvals
from ringfence.record.chain import digest
from ringfence.record.facts import DecisionMade, FindingReceived, Planned, RunRequested, Verified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.observation import ResourceState
    from ringfence.record.approvals import Approval
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

REJECTED_FOR = timedelta(hours=24)
"""How long a plan that people rejected is not asked about again, unless a worse finding arrives."""
MOST_LINES, LONGEST_LINE = 100, 500
CHANGED = "the plan has changed"
NOTHING_LEFT = "nothing remains to be done"


@frozen
class Proposal:
    """What people are asked about: the plans of all stages, and what they were made from."""

    prospect: Prospect
    plans: tuple[Planned, ...]
    resource: ResourceState
    now: datetime


def asked(request: ResponseRequest, proposal: Proposal, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Return the facts of a preview with the approval that the plans need, if they need one."""
    history, plans, now = proposal.prospect.start.history, proposal.plans, proposal.now
    last, ended = _newest(request, history), _ended(request)
    if not any(_changes(plan) for plan in plans):
        return (*_nothing_to_ask(facts, history), *(() if ended else _over(last, (), now, "")))
    new = drift(request, history, last, proposal.resource, plans) if last and not ended else ()
    if last and not ended and not new and _is_settled(last, history, now, facts):
        return facts
    made = _requested(request, proposal, last)
    if isinstance(ended, ApprovalVoided):
        return (*facts, replace(made, difference=ended.difference))
    made = replace(made, difference=new if last and last.status(now).is_open else ())
    return (*facts, *(() if ended else _over(last, new, now, made.approval)), made)


def drift(
    request: ResponseRequest,
    history: History,
    approval: Approval,
    resource: ResourceState,
    plans: Sequence[Planned],
) -> tuple[str, ...]:
    """Return in words how the current plans differ from those of an approval. Empty if they do not.

    The plans are made again from what was recorded then, and must be equal, but for what other incidents have
    prepared since for all. The plans of now may differ only in the incident's id and in times.
    """
    then = _then(history, approval)
    again = [then.plan(stage, then.start.history, resource) for stage in request.runbook.stages]
    agreed = dict(approval.asked.plans)
    equal = [one.stage for one in again] == [*agreed] and all(
        is_covered(history, agreed[one.stage], one) for one in again
    )
    if equal and all(same_kinds(*both) for both in zip(again, plans, strict=True)):
        return ()
    return changes(history, agreed, plans)


def _newest(request: ResponseRequest, history: History) -> Approval | None:
    """Return the newest approval of these remediations."""
    ids = set(request.runbook.ids)
    found = [one for one in approvals(history.entries) if set(one.asked.remediations) == ids]
    return found[-1] if found else None


def _ended(request: ResponseRequest) -> ApprovalExpired | ApprovalVoided | None:
    """Return the fact that has ended the newest approval already, if one has."""
    ends = (one for one in request.preface if isinstance(one, ApprovalExpired | ApprovalVoided))
    return next(ends, None)


def _is_settled(last: Approval, history: History, now: datetime, facts: Iterable[Fact]) -> bool:
    """Return whether the newest approval answers the same plans, so that nobody is asked again."""
    status = last.status(now)
    if status is ApprovalStatus.REJECTED:
        recent = last.since is not None and now < last.since + REJECTED_FOR
        known = (fact for entry, fact in history.facts if entry.seq < last.seq)
        return recent and _worst(facts) <= _worst(known)
    if status is ApprovalStatus.BEGUN:
        since = [fact for entry, fact in history.facts if entry.seq > last.seqs[-1]]
        return not any(isinstance(one, Verified) and one.whole for one in since)
    return status.is_open


def _worst(facts: Iterable[Fact]) -> float:
    """Return the highest severity of findings. 0 without any."""
    return max((one.finding.severity for one in facts if isinstance(one, FindingReceived)), default=0.0)


def _over(last: Approval | None, new: tuple[str, ...], now: datetime, by: str) -> tuple[Fact, ...]:
    """Return the fact that ends the newest approval, if it is open."""
    if last is None or not last.recorded.is_open:
        return ()
    if not last.status(now).is_open:
        return (ApprovalExpired(last.id, Expiry.REJECT),)
    return (ApprovalVoided(last.id, CHANGED if by else NOTHING_LEFT, new, by),)


def _nothing_to_ask(facts: tuple[Fact, ...], history: History) -> tuple[Fact, ...]:
    """Return the facts with a dry run as the decision: no plan waits for anybody."""
    known = [replace(one, policy="") for one in history.of(DecisionMade)]
    lowered = (_lowered(one) if isinstance(one, DecisionMade) else one for one in facts)
    return tuple(
        one for one in lowered if not isinstance(one, DecisionMade) or replace(one, policy="") not in known
    )


def _lowered(made: DecisionMade) -> DecisionMade:
    given = made.decision
    if not given.mode.asks:
        return made
    decision = replace(given, mode=Mode.DRY_RUN, reason=f"{given.reason}; {NOTHING_LEFT}")
    return replace(made, decision=decision)


def _requested(request: ResponseRequest, proposal: Proposal, last: Approval | None) -> ApprovalRequested:
    start, history = proposal.prospect.start, proposal.prospect.start.history
    stages = tuple((one.stage, one.digest) for one in proposal.plans)
    number = len(approvals(history.entries))
    named = (start.incident, *request.runbook.ids, *map(list, stages), number)
    escalated = isinstance(_ended(request), ApprovalExpired)
    return ApprovalRequested(
        approval=digest(canonical(named))[:12],
        digest=digest(canonical([*map(list, stages), list(map(list, request.choices))])),
        plans=stages,
        as_of=proposal.prospect.planned_at(history) or start.opened_at,
        expires_at=proposal.now + request.rules.life,
        rules=request.rules,
        remediations=request.runbook.ids,
        choices=request.choices,
        known=len(history.entries),
        vetoable=start.decision.mode.can_be_vetoed and not escalated,
        steps=_some(line for plan in proposal.plans for line in step_lines(plan.steps)),
        costs=_some(_costs(proposal.plans)),
        cautions=reasons_against(request, proposal.resource, proposal.now),
        replaces=last.id if last and (last.recorded.is_open or escalated) else "",
        escalated=escalated,
        limit=request.limit,
    )


def _then(history: History, approval: Approval) -> Prospect:
    """Return what the plans of an approval were made from: the entries before it, and its own new ones."""
    asked = approval.asked
    known = replace(history, entries=history.entries[: asked.known])
    upto = [(entry, fact) for entry, fact in history.facts if entry.seq <= approval.seq]
    attempt = upto[-1][0].attempt
    own = tuple(
        fact
        for entry, fact in upto[asked.known :]
        if entry.attempt == attempt and isinstance(fact, FindingReceived | RunRequested)
    )
    made = [fact for _, fact in upto if isinstance(fact, DecisionMade)][-1]
    start = IncidentStart(history.incident, known, own, made.decision, made.opened_at, outdated=False)
    return Prospect(start, start, asked.choices, at=asked.as_of)


def _costs(plans: Iterable[Planned]) -> Iterator[str]:
    """Yield what the steps break, and what stays possible after them."""
    for plan in plans:
        yield from (cost for step in plan.steps if (cost := step.side_effects()))
        yield from (f"residual risk: {words}" for words in plan.exposure)


def _some(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the lines, each once, up to what one entry of the log can hold."""
    found = tuple(dict.fromkeys(lines))
    more = (f"and {len(found) - MOST_LINES} more",) if len(found) > MOST_LINES else ()
    return (*(one[:LONGEST_LINE] for one in found[:MOST_LINES]), *more)


def _changes(plan: Planned) -> bool:
    return any(not isinstance(step, LogOnlyStep) for step in plan.steps)
