"""Who decided about a response or a change, and why: the policy, the request, and the approval. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.record.brief import Brief, actor_of, reason_of

if TYPE_CHECKING:
    from ringfence.record.summary import Line, Summary


@frozen
class Deciders:
    """Who decided. Every text is empty if nobody did, or if it is not recorded.

    Attributes
    ----------
    mode, reason : str
        The decision.
    policy : str
        The SHA-256 of the policy file of this decision.
    requested_by, request : str
        Who requested it last, and why. A dry run is no request.
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
    def of_response(cls, now: Summary) -> Deciders:
        """Read who decided about the response. A later release replaces none of it.

        Raises BadInput for fields of a wrong type.
        """
        brief = Brief(now)
        return cls._of(brief.decision, brief.run_requested, _approved(now))

    @classmethod
    def of_change(cls, now: Summary) -> Deciders:
        """Read who decided about the newest change: of a release, who requested the release.

        Raises BadInput for fields of a wrong type.
        """
        if not now.releasing:
            return cls.of_response(now)
        brief = Brief(now)
        return cls._of(brief.release_decision, brief.release_requested, None)

    @classmethod
    def _of(cls, made: Line | None, asked: Line | None, approved: Line | None) -> Deciders:
        decision = made.fact.optional_child("decision") if made else None
        return cls(
            (decision.optional_text("mode") if decision else "") or "",
            (decision.optional_text("reason") if decision else "") or "",
            (made.fact.optional_text("policy") if made else "") or "",
            actor_of(asked) if asked else "",
            reason_of(asked),
            actor_of(approved) if approved else "",
            reason_of(approved),
        )


def _approved(now: Summary) -> Line | None:
    """Return the newest approval by a person."""
    answers = (one for one in reversed(now.lines) if one.kind == "ApprovalAnswered")
    return next((one for one in answers if one.fact.optional_text("answer") == "approve"), None)
