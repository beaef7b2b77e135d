"""Phase 7, report: what became of a request, what follows, and when. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.results import Followup, FollowupKind, ResponseResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.engine.verification import Conclusion
    from ringfence.record.facts import Planned

RECHECK_AFTER = timedelta(minutes=15)
"""After how long what lags behind is looked at once more: CloudTrail may take that long."""


def report(incident: str, conclusion: Conclusion, plans: Sequence[Planned] = ()) -> ResponseResult:
    """Say what became of a request."""
    return ResponseResult(
        conclusion.status,
        incident,
        conclusion.reason,
        tuple(plans),
        conclusion.verified,
        tuple(_followups(conclusion)),
    )


def _followups(conclusion: Conclusion) -> Iterator[Followup]:
    """Leave what can be tried again to a continuation, if there is one: two queues must not try the same."""
    if conclusion.continues:
        yield Followup(FollowupKind.CONTINUE, reasons=conclusion.again)
    elif conclusion.again:
        yield Followup(FollowupKind.RETRY, reasons=conclusion.again)
    if conclusion.waits:
        yield Followup(FollowupKind.RECHECK, RECHECK_AFTER)
