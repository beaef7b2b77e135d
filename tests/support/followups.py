"""What follows a request, as tests ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.results import FollowupKind

if TYPE_CHECKING:
    from ringfence.engine.results import ResponseResult


def again(result: ResponseResult) -> tuple[str, ...]:
    """What can be tried or looked at again, in words."""
    return result.reasons(FollowupKind.RETRY, FollowupKind.CONTINUE)


def comes_back(result: ResponseResult) -> tuple[str, ...]:
    """Why the request goes back to its queue."""
    return result.reasons(FollowupKind.RETRY)


def goes_on(result: ResponseResult) -> bool:
    """Whether later stages remain for a continuation."""
    return result.follows(FollowupKind.CONTINUE)


def later(result: ResponseResult) -> bool:
    """Whether it is looked at once more after a while."""
    return result.follows(FollowupKind.RECHECK)
