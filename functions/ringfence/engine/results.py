"""What the engine answers, and what follows. Imported late: containment does not wait for it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.record.facts import Planned, Verified
    from ringfence.record.status import IncidentStatus


class FollowupKind(StrEnum):
    """How what is left of a request goes on."""

    RETRY = "retry"
    """The request goes back to its queue."""
    CONTINUE = "continue"
    """Later stages remain for a continuation, which tries again what comes before them."""
    RECHECK = "recheck"
    """A record was read that lags behind, or somebody else has yet to do something."""


@frozen
class Followup:
    """What follows a request, after how long, and in words why."""

    kind: FollowupKind
    after: timedelta = timedelta(0)
    reasons: tuple[str, ...] = ()


@frozen
class ResponseResult:
    """What became of a request.

    `followups` say what has to happen next: none where nothing is left to do. A request never goes both
    back to its queue and to a continuation: two queues must not try the same. `as_of` is the instant that
    the plans of a dry run were made for.
    """

    status: IncidentStatus
    incident: str
    reason: str
    plans: tuple[Planned, ...] = ()
    verified: Verified | None = None
    followups: tuple[Followup, ...] = ()
    as_of: datetime | None = None

    def follows(self, *kinds: FollowupKind) -> bool:
        """Say whether a followup of one of these kinds is to come."""
        return any(one.kind in kinds for one in self.followups)

    def reasons(self, *kinds: FollowupKind) -> tuple[str, ...]:
        """Return in words why followups of these kinds are to come; of every kind where none is named."""
        return tuple(
            reason for one in self.followups if not kinds or one.kind in kinds for reason in one.reasons
        )
