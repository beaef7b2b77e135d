"""What the policy exempts, known after the read, and what is likely needed in an emergency. Pure.

An exemption of a user or a role covers its keys, its sessions and its login. AWS says who holds a key or a
session, because the name in a report can be wrong. Only the reviewed policy protects absolutely. What is
likely needed in an emergency is held back, because an intruder may hold it.
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
    from ringfence.policy.protection import Exempt

    Parts = tuple[ResponseRequest | None, ResponseRequest]

FLAG = "--despite-exempt"


def exempted(request: ResponseRequest, reading: Reading) -> dict[str, Exempt]:
    """Return the remediations that the policy exempts for the subject or who holds it, and by what."""
    refs = [request.ref]
    if isinstance(reading.resource, ResourceState):
        refs.extend(reading.resource.holders())
    found: dict[str, Exempt] = {}
    for one in sorted(request.exempt, key=lambda one: one.protected):
        if any(one.speaks_of(request.runbook.id, ref) for ref in refs):
            found.update(dict.fromkeys(one.of(request.runbook.ids), one))
    return found


def parts(request: ResponseRequest, reading: Reading) -> tuple[Parts, tuple[str, ...]] | None:
    """Split a request because of a finding into what acts and what a person is notified of, and say why.

    None if nothing is exempt.
    """
    decision = request.decision
    if request.finding is None or decision is None or not decision.mode.observes:
        return None
    if left := exempted(request, reading):
        protected = any(one.protected for one in left.values())
        words = {id_: one.words for id_, one in left.items()}
        acting, rest = apart(request, words, DecisionCode.PROTECTED if protected else DecisionCode.EXEMPT)
        notified = replace(rest.decision, mode=Mode.NOTIFY) if rest.decision else None
        # The rest acts as before: nothing of the containment is held back, the policy does not want it.
        acting = replace(acting, held=request.held) if acting else None
        return (acting, replace(rest, decision=notified)), tuple(dict.fromkeys(words.values()))
    if decision.mode.changes and (reasons := reading.cautions(request.home)):
        reason = f"it is likely needed in an emergency, so a person must decide: {'; '.join(reasons)}"
        held = dict.fromkeys(request.runbook.ids, reason)
        return apart(request, held, DecisionCode.EMERGENCY, request.held_back), reasons
    return None


def is_protected(request: ResponseRequest, reading: Reading) -> bool:
    """Return whether the policy protects what a person asks to change. Then insisting does not help."""
    return request.request is not None and any(one.protected for one in exempted(request, reading).values())


def insistence(request: ResponseRequest, reading: Reading) -> tuple[str, ...]:
    """Return why a person must insist on a run.

    Raises Refused for a run without that, and for any change of what the policy protects.
    """
    if request.request is None:
        return ()
    found = exempted(request, reading).values()
    changes = request.decision is not None and request.decision.mode.changes
    protected = tuple(dict.fromkeys(one.words for one in found if one.protected))
    if changes and protected:
        raise Refused(
            f"{request.ref.key} is protected: {'; '.join(protected)}. To run {request.runbook.id}, "
            "take it out of the policy's `protected` and deploy that"
        )
    if request.request.despite_exempt:
        return protected
    reasons = tuple(dict.fromkeys((*(one.words for one in found), *reading.cautions(request.home))))
    if reasons and changes:
        words = "; ".join(reasons)
        raise Refused(
            f"{request.ref.key} is protected: {words}. To run {request.runbook.id} all the same, repeat the "
            f"command with {FLAG}; the reason that you give is recorded"
        )
    return reasons
