"""What people were asked, and what they answered, in words."""

from __future__ import annotations

from ringfence.record.approval_facts import (
    Answer,
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoided,
    Expiry,
)
from ringfence.record.rendered import RenderedFact, each, rendered
from ringfence.record.status import IncidentStatus


@rendered.register(ApprovalRequested)
def _(fact: ApprovalRequested, _: object) -> RenderedFact:
    waits = "people can veto it" if fact.vetoable else "waits for approval"
    notes = (
        f"approval {fact.approval} of plan {fact.digest}",
        f"expires at {fact.expires_at:%Y-%m-%d %H:%M:%S} UTC",
        *((f"waits behind the limit {fact.limit}",) if fact.limit else ()),
        *each("new", fact.difference),
        *each("caution", fact.cautions),
    )
    return RenderedFact(f"the plan {waits}", notes, result=IncidentStatus.WAITING.words)


@rendered.register(ApprovalAnswered)
def _(fact: ApprovalAnswered, _: object) -> RenderedFact:
    done = "approved" if fact.answer == Answer.APPROVE else "rejected"
    glass = ("break-glass: the rules about people did not apply",) if fact.break_glass else ()
    batch = (f"together with others, as batch {fact.batch}",) if fact.batch else ()
    return RenderedFact(f"{done}: {fact.reason}", (f"approval {fact.approval}", *glass, *batch), result=done)


@rendered.register(ApprovalExpired)
def _(fact: ApprovalExpired, _: object) -> RenderedFact:
    notes = (f"approval {fact.approval}", *((fact.detail,) if fact.detail else ()))
    return RenderedFact(_EXPIRED.get(fact.outcome, "the approval expired"), notes)


_EXPIRED = {
    Expiry.REJECT: "the approval expired: nothing is changed",
    Expiry.ESCALATE: "the approval expired: people are asked once more",
    Expiry.EXECUTE: "nobody vetoed the plan in time: it is carried out",
}


@rendered.register(ApprovalVoided)
def _(fact: ApprovalVoided, _: object) -> RenderedFact:
    by = (f"approval {fact.replaced_by} replaces it",) if fact.replaced_by else ()
    notes = (f"approval {fact.approval}", *each("difference", fact.difference), *by)
    return RenderedFact(f"the approval counts no more: {fact.why}", notes)
