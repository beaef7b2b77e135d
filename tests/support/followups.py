"""What follows a request, as tests ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.requests import FollowupKind

if TYPE_CHECKING:
    from ringfence.engine.requests import Report


def again(report: Report) -> tuple[str, ...]:
    """What can be tried or looked at again, in words."""
    return report.reasons(FollowupKind.RETRY, FollowupKind.CONTINUE)


def comes_back(report: Report) -> tuple[str, ...]:
    """Why the request goes back to its queue."""
    return report.reasons(FollowupKind.RETRY)


def goes_on(report: Report) -> bool:
    """Whether later stages remain for a continuation."""
    return report.follows(FollowupKind.CONTINUE)


def later(report: Report) -> bool:
    """Whether it is looked at once more after a while."""
    return report.follows(FollowupKind.RECHECK)
