"""Who decided about a response, and why: the policy, the newest request, and the newest approval. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.record.brief import Brief, actor_of

if TYPE_CHECKING:
    from ringfence.record.summary import Line, Summary


@frozen
class Deciders:
    """Who decided. Every text is empty if nobody did, or if it is not recorded.

    Attributes
    ----------
    mode, reason : str
        The decision that led to the newest changes.
    policy : str
        The SHA-256 of the policy file of the newest decision.
    requested_by, request : str
        Who requested the newest run or release, and why. A dry run is no request.
    approved_by, approval : str
        Who approved a plan last, and why.
    """

    mode: str = ""
    reason: str = ""
    policy: str = ""
    requested_by: str = ""
    request: str = ""
    approved_by: str = ""
    approval: str = ""

    @classmethod
    def of(cls, now: Summary) -> Deciders:
        """Read them from the entries of a response. Raises BadInput for fields of a wrong type."""
        brief = Brief(now)
        made, asked, answered = now.last("DecisionMade"), brief.requested, _approved(now)
        return cls(
            brief.decided.mode,
            brief.decided.reason,
            (made.optional_text("policy") if made else "") or "",
            actor_of(asked) if asked else "",
            _reason(asked),
            actor_of(answered) if answered else "",
            _reason(answered),
        )


def _approved(now: Summary) -> Line | None:
    """Return the newest approval by a person."""
    answers = (one for one in reversed(now.lines) if one.kind == "ApprovalAnswered")
    return next((one for one in answers if one.fact.optional_text("answer") == "approve"), None)


def _reason(one: Line | None) -> str:
    return (one.fact.optional_text("reason") if one else "") or ""
