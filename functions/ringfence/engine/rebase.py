"""Go on after a conflict: read the chain again, and leave out what is written already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import Conflict
from ringfence.model.frozen import replace
from ringfence.record.approval_facts import (
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoided,
)
from ringfence.record.facts import (
    Closed,
    ContainmentBroken,
    DecisionMade,
    FindingReceived,
    Intended,
    Outcome,
    Released,
)

if TYPE_CHECKING:
    from ringfence.engine.execution import Execution
    from ringfence.engine.ports import Ports
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

_DECISIVE = (
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoided,
    Closed,
    Intended,
    Released,
)
"""The facts of others after which an execution decides again: they acted, or they answered."""


def rebased(ports: Ports, execution: Execution) -> Execution:
    """Read the chain again. Return the execution with what is still to write.

    Raises Conflict if another execution has acted since.
    """
    fresh, known = ports.log.read(execution.key).judged(ports.clock()), execution.history
    if execution.lost:
        return replace(execution, history=fresh, pending=_outcomes(execution, fresh))
    if fresh.lease != known.lease or fresh.incident != known.incident:
        raise Conflict(f"another execution took the lease on {execution.key.text}")
    added = fresh.facts[len(known.entries) :]
    others = (fact for entry, fact in added if entry.attempt != execution.attempt)
    if not execution.holds and any(isinstance(fact, _DECISIVE) for fact in others):
        raise Conflict(f"another execution acted on {execution.key.text} and released the lease")
    return replace(execution, history=fresh, pending=_unknown(execution, fresh))


def _unknown(execution: Execution, fresh: History) -> tuple[Fact, ...]:
    """Return the pending facts without those that others, or an unanswered append of ours, have written."""
    known, intended = fresh.outcomes, {one.intent for one in fresh.of(Intended)}
    ours = _own_facts(execution, fresh)
    approved = {one.approval for one in fresh.of(DecisionMade) if one.approval}
    return tuple(
        one
        for one in execution.pending
        if not (isinstance(one, Outcome) and one.intent in known)
        and not (isinstance(one, Intended) and one.intent in intended)
        and not (isinstance(one, FindingReceived) and fresh.knows(one))
        and not (isinstance(one, ContainmentBroken) and fresh.reports(one))
        and not (isinstance(one, DecisionMade) and one.approval in approved)
        and one not in ours
    )


def _own_facts(execution: Execution, fresh: History) -> list[Fact]:
    """Return what this execution wrote since it last read the chain, without having heard of it."""
    added = fresh.facts[len(execution.history.entries) :]
    return [fact for entry, fact in added if entry.attempt == execution.attempt]


def _outcomes(execution: Execution, fresh: History) -> tuple[Fact, ...]:
    """Return the facts to write after the lease was lost: only outcomes."""
    known, intended = fresh.outcomes, {one.intent for one in fresh.of(Intended)}
    return tuple(
        one
        for one in execution.pending
        if isinstance(one, Outcome) and one.intent in intended and one.intent not in known
    )
