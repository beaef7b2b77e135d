"""Phase 7, report: the result of a request, and what follows when. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.results import RECHECK_AFTER, Followup, FollowupKind, ResponseResult
from ringfence.engine.verification import Conclusion
from ringfence.model.frozen import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.engine.reading import Reading
    from ringfence.record.facts import Planned
    from ringfence.record.status import IncidentStatus


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


def ended(
    incident: str, status: IncidentStatus, reason: str, again: tuple[str, ...] = (), *, waits: bool = False
) -> ResponseResult:
    """Return the result of a request that ran no stage."""
    return report(incident, Conclusion(status, reason, again=again, waits=waits))


def with_unread(reading: Reading, result: ResponseResult) -> ResponseResult:
    """Let the request return if something is held back because it could not be read."""
    seen = reading.found
    unread = tuple(words for final in (False, True) for words in seen.unreadable(seen.unread, for_good=final))
    if not unread or result.follows(FollowupKind.RETRY):
        return result
    return replace(result, followups=(*result.followups, Followup(FollowupKind.RETRY, reasons=unread)))
