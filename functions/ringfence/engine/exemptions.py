"""What the policy exempts, known after the read, and what is likely needed in an emergency. Pure.

An exemption of a user or a role covers its keys, its sessions and its login. AWS says who holds a key or a
session, because the name in a report can be wrong. Only the reviewed policy protects absolutely. What is
likely needed in an emergency stays a dry run, because an intruder may hold it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.holding import apart
from ringfence.model.errors import Refused
from ringfence.model.observation import ResourceState
from ringfence.policy.decision import DecisionCode, Mode

if TYPE_CHECKING:
    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest

    Parts = tuple[ResponseRequest | None, ResponseRequest]

FLAG = "--despite-exempt"


def exempted(request: ResponseRequest, reading: Reading) -> dict[str, str]:
    """Return the remediations that the policy exempts for the subject or who holds it, and the reasons."""
    refs = [request.ref]
    if isinstance(reading.resource, ResourceState):
        refs.extend(reading.resource.holders())
    found: dict[str, str] = {}
    for one in request.exempt:
        if any(one.speaks_of(request.runbook.id, ref) for ref in refs):
            found.update(dict.fromkeys(one.of(request.runbook.ids), f"the policy exempts it: {one.reason}"))
    return found


def parts(request: ResponseRequest, reading: Reading) -> tuple[Parts, tuple[str, ...]] | None:
    """Split a request because of a finding into what acts and what a person is notified of, and say why.

    None if nothing is exempt.
    """
    decision = request.decision
    if request.finding is None or decision is None or not decision.mode.observes:
        return None
    if left := exempted(request, reading):
        acting, rest = apart(request, left, DecisionCode.EXEMPT)
        notified = replace(rest.decision, mode=Mode.NOTIFY) if rest.decision else None
        # The rest acts as before: nothing of the containment is held back, the policy does not want it.
        acting = replace(acting, held=request.held) if acting else None
        return (acting, replace(rest, decision=notified)), tuple(left.values())
    if decision.mode.changes and (reasons := reading.cautions):
        words = "; ".join(reasons)
        reason = f"it is likely needed in an emergency, so a person must decide: {words}"
        held = dict.fromkeys(request.runbook.ids, reason)
        return apart(request, held, DecisionCode.EMERGENCY), reasons
    return None


def insistence(request: ResponseRequest, reading: Reading) -> tuple[str, ...]:
    """Return why a person must insist on a run. Raises Refused for a run without that."""
    if request.request is None or request.request.despite_exempt:
        return ()
    reasons = tuple(dict.fromkeys((*exempted(request, reading).values(), *reading.cautions)))
    if reasons and request.decision and request.decision.mode.changes:
        words = "; ".join(reasons)
        raise Refused(
            f"{request.ref.key} is protected: {words}. To run {request.runbook.id} all the same, repeat the "
            f"command with {FLAG}; the reason that you give is recorded"
        )
    return reasons
