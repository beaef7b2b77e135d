"""Phase 7, report: the result of a request, and what follows when. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.results import RECHECK_AFTER, Followup, FollowupKind, ResponseResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.engine.verification import Conclusion
    from ringfence.record.facts import Planned


def report(incident: str, conclusion: Conclusion, plans: Sequence[Planned] = ()) -> ResponseResult:
    """Return the result of a request."""
    return ResponseResult(
        conclusion.status,
        incident,
        conclusion.reason,
        tuple(plans),
        conclusion.verified,
        tuple(_followups(conclusion)),
    )


def _followups(conclusion: Conclusion) -> Iterator[Followup]:
    """Leave retries to a continuation, if there is one, because two queues must not retry the same."""
    if conclusion.continues:
        yield Followup(FollowupKind.CONTINUE, reasons=conclusion.again)
    elif conclusion.again:
        yield Followup(FollowupKind.RETRY, reasons=conclusion.again, within=conclusion.within)
    if conclusion.waits:
        yield Followup(FollowupKind.RECHECK, RECHECK_AFTER)
