"""What is due about an approval: carry out its plan, ask again, or let it expire. Pure.

A message only says where to look. It can be late, early, repeated or made up, so it decides nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.asking import CHANGED, drift
from ringfence.engine.exemptions import exempted
from ringfence.engine.incident_start import IncidentStart, incident_start
from ringfence.engine.prospect import Prospect
from ringfence.model.frozen import frozen
from ringfence.model.observation import ResourceState
from ringfence.policy.approvals import OnExpiry
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.approval_facts import Answer, ApprovalExpired, ApprovalVoided, Expiry
from ringfence.record.approvals import ApprovalStatus, approval_of
from ringfence.record.facts import DecisionMade

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import Approving, ResponseRequest
    from ringfence.record.approvals import Approval
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


@frozen
class NothingDue:
    """Nothing is to be done. With `again`, the message came too early, or something could not be read."""

    reason: str
    again: tuple[str, ...] = ()


@frozen
class Ended:
    """The approval ends with these facts, and nothing is changed."""

    start: IncidentStart
    facts: tuple[Fact, ...]
    reason: str


@frozen
class _Case:
    """An approval with what was read."""

    request: ResponseRequest
    reading: Reading
    found: Approval
    now: datetime

    @property
    def start(self) -> IncidentStart:
        """Where the end of the approval is recorded."""
        given = Decision(Mode.APPROVE, "", code=DecisionCode.POLICY)
        request = replace(self.request, approving=None, decision=given)
        return incident_start(request, self.reading.history, self.now)


if TYPE_CHECKING:
    Due = NothingDue | Ended | ResponseRequest


def due(request: ResponseRequest, reading: Reading, now: datetime) -> Due:
    """Return what a message about an approval leads to.

    A request carries out the plan, continues what an earlier message began, or asks again.
    """
    approving, history = request.approving, reading.history
    found = approval_of(history.entries, approving.approval) if approving else None
    if approving is None or found is None:
        return NothingDue("the incident has no such approval")
    if doubt := _doubt(found, history):
        return NothingDue(doubt)
    if approving.due and now < approving.due:
        return NothingDue("it is too early", ("the time of the approval has not come",))
    return _due(_Case(request, reading, found, now), approving)


def _due(case: _Case, approving: Approving) -> Due:
    found = case.found
    match found.status(case.now):
        case ApprovalStatus.BEGUN:
            again = f"approval-{found.id}"
            request, incident = case.request, case.reading.history.incident
            return replace(request, approving=None, continuation=again, incident=incident)
        case ApprovalStatus.APPROVED:
            return _begin(case, (), _approvers(found))
        case ApprovalStatus.WAITING if _nobody_vetoed(approving, found, case.now):
            fact = ApprovalExpired(found.id, Expiry.EXECUTE, approving.told)
            return _begin(case, (fact,), "nobody vetoed the plan in time")
        case ApprovalStatus.WAITING if approving.untold and found.asked.vetoable:
            return _asking(case, (ApprovalVoided(found.id, approving.untold),))
        case ApprovalStatus.EXPIRED if found.recorded.is_open:
            return _expire(case)
        case status:
            return NothingDue(f"approval {found.id} is {status}")


def _doubt(found: Approval, history: History) -> str:
    """Return why the record of an approval is not obeyed: everybody could have written it."""
    unproved = set(history.proof.unproved).intersection(found.seqs)
    if unproved:
        numbers = ", ".join(map(str, sorted(unproved)))
        return f"entries {numbers} of approval {found.id} are not sealed: nobody can prove who answered"
    return ""


def _nobody_vetoed(approving: Approving, found: Approval, now: datetime) -> bool:
    """Return whether people knew of a plan for long enough and did not stop it."""
    if not (found.asked.vetoable and approving.told and approving.told_at):
        return False
    since = max(approving.told_at, found.at)
    return now >= since + found.asked.rules.delay


def _approvers(found: Approval) -> str:
    given = [one for one in found.answers if one.answer == Answer.APPROVE]
    glass = " (break-glass)" if any(one.break_glass for one in given) else ""
    return f"approved by {' and '.join(found.approvers)}{glass}"


def _begin(case: _Case, preface: tuple[Fact, ...], reason: str) -> Due:
    """Carry the plan out if it is still the same. Otherwise ask again, with the difference."""
    history, resource, found = case.reading.history, case.reading.resource, case.found
    begins = replace(
        case.request,
        approving=None,
        decision=Decision(Mode.AUTO, reason, _rule(history), DecisionCode.APPROVED),
        preface=preface,
        approved=found.id,
        choices=found.asked.choices,
    )
    if history.lease.held(case.now, begins.attempt) or not isinstance(resource, ResourceState):
        return begins  # it is deferred, or the incident is closed
    if left := exempted(begins, case.reading):
        return _voided(case, "; ".join(dict.fromkeys(one.words for one in left.values())))
    if unread := resource.unreadable(resource.unread, for_good=False):
        return NothingDue("the plan cannot be compared", unread)
    start = incident_start(begins, history, case.now)
    prospect = Prospect(start, start, found.asked.choices, at=case.now)
    plans = [prospect.plan(stage, history, resource) for stage in begins.runbook.stages]
    new = drift(begins, history, found, resource, plans)
    return _asking(case, (ApprovalVoided(found.id, CHANGED, new),)) if new else begins


def _expire(case: _Case) -> Due:
    """Reject the plan, or ask once more, also the people of the topic for escalations."""
    found = case.found
    escalates = found.asked.rules.on_expiry is OnExpiry.ESCALATE and not found.asked.escalated
    if escalates and found.recorded is ApprovalStatus.WAITING:
        return _asking(case, (ApprovalExpired(found.id, Expiry.ESCALATE),))
    fact = ApprovalExpired(found.id, Expiry.REJECT)
    return Ended(case.start, (fact,), "nobody answered in time, so nothing was changed")


def _voided(case: _Case, why: str) -> Due:
    return Ended(case.start, (ApprovalVoided(case.found.id, why),), why)


def _asking(case: _Case, preface: tuple[Fact, ...]) -> ResponseRequest:
    """Return the request that plans again and asks people."""
    reason = "the plan of an earlier approval was not carried out"
    decision = Decision(Mode.APPROVE, reason, _rule(case.reading.history), DecisionCode.POLICY)
    limit = case.found.asked.limit
    return replace(case.request, approving=None, decision=decision, preface=preface, limit=limit)


def _rule(history: History) -> str:
    """Return the rule of the newest decision that asked people."""
    asked = [one.decision for one in history.of(DecisionMade) if one.decision.mode.asks]
    return asked[-1].rule if asked else ""
