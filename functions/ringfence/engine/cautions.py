"""Apply the policy's rules of caution to what the first read showed. Pure.

Such a rule makes a decision more cautious, never less, because it can match on a tag that an intruder wrote.
What an open containment has begun goes on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.holding import apart, begun_ids
from ringfence.model.observation import ResourceState
from ringfence.policy.decision import Decision, DecisionCode
from ringfence.policy.evaluation import UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.traits import Traits
    from ringfence.policy.look import Caution

    Parts = tuple[ResponseRequest | None, ResponseRequest]


def cautious_parts(request: ResponseRequest, reading: Reading) -> tuple[Parts, tuple[str, ...]] | None:
    """Split a request because of a finding into what acts, and what a rule of caution holds back.

    None if no rule makes the decision more cautious.
    """
    resource = reading.resource
    if request.decision is None or request.finding is None or not isinstance(resource, ResourceState):
        return None
    begun = begun_ids(request, reading.history)
    found = {id_: one for id_, one in _found(request, resource) if id_ not in begun}
    if not found:
        return None
    decision = min(found.values(), key=lambda one: one.mode.freedom)
    for one in request.runbook.remediations:
        if one.id in found:
            found |= {id_: decision for id_ in one.held_together if id_ in request.runbook.ids}
    acting, rest = apart(request, dict.fromkeys(found, decision.reason), decision.code)
    acting = replace(acting, cautions=()) if acting else None
    return (acting, replace(rest, decision=decision, cautions=())), (decision.reason,)


def _found(request: ResponseRequest, resource: ResourceState) -> Iterator[tuple[str, Decision]]:
    """Yield the most cautious decision for each remediation that some rule makes more cautious."""
    for id_ in request.runbook.ids:
        found = [one for one in request.cautions if id_ in one.remediations]
        decisions = [decision for one in found if (decision := _decided(request, one, resource.traits()))]
        if decisions:
            yield id_, min(decisions, key=lambda one: one.mode.freedom)


def _decided(request: ResponseRequest, caution: Caution, traits: Traits | None) -> Decision | None:
    """Return the decision of a rule of caution. None if it does not match, or is not more cautious."""
    mode, code = caution.mode, DecisionCode.DOWNGRADED
    reason = f"policy rule {caution.shown} allows at most mode {mode} for this resource"
    if traits is None:
        mode, code = max(mode, UNDECIDED, key=lambda one: one.freedom), DecisionCode.UNDECIDED
        reason = (
            f"the resource could not be read, so policy rule {caution.shown} may apply: at most mode {mode}"
        )
    elif not caution.look.matches(traits):
        return None
    elif caution.look.is_forgeable:
        code = DecisionCode.FORGEABLE
    given = request.decision
    lower = given is not None and mode.freedom < given.mode.freedom
    return Decision(mode, reason, caution.rule, code) if lower else None
