"""The results of the engine. Imported after the isolating call."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.engine.again import Again
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.errors import RingfenceError
    from ringfence.record.facts import DecisionMade, Planned, Verified
    from ringfence.record.status import IncidentStatus


RECHECK_AFTER = timedelta(minutes=15)
"""The delay of an additional read for late records. CloudTrail can take that long."""


class FollowupKind(StrEnum):
    """How a request continues."""

    RETRY = "retry"
    """The request goes back to its queue."""
    CONTINUE = "continue"
    """Later stages remain for a continuation, which also retries earlier steps."""
    PAUSED = "paused"
    """A pause holds the steps. A continuation asks again later."""
    RECHECK = "recheck"
    """A late record was read, or an AWS service has work to do."""


@frozen
class Followup:
    """What follows a request, after what delay, and the reasons in words.

    `begun` is the earlier decision that a continuation finishes. None if it continues the request itself.
    `within`: after this time a read shows what no earlier read can prove. None if no time is known.
    """

    kind: FollowupKind
    after: timedelta = timedelta(0)
    reasons: tuple[str, ...] = ()
    begun: DecisionMade | None = None
    within: timedelta | None = None


@frozen
class ResponseResult:
    """The result of a request.

    `followups` say what must happen next. Empty if nothing is left. A request never continues in both its
    queue and a continuation, because two queues must not retry the same. `held` are the remediations that
    stayed a dry run because of the subject. `exempt`: why a person must insist on the run. `protected`:
    insisting does not help. `as_of` is the time of a dry run's plans. `error`: an internal error, which is
    raised after what follows was started.
    `paused`: the pauses that hold changes of this incident, in words.
    """

    status: IncidentStatus
    incident: str
    reason: str
    plans: tuple[Planned, ...] = ()
    verified: Verified | None = None
    followups: tuple[Followup, ...] = ()
    as_of: datetime | None = None
    held: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    error: RingfenceError | None = None
    paused: tuple[str, ...] = ()
    protected: bool = False

    def follows(self, *kinds: FollowupKind) -> bool:
        """Return whether a followup of one of these kinds exists."""
        return any(one.kind in kinds for one in self.followups)

    def again(self) -> tuple[Again, ...]:
        """Return why the request must go back to its queue."""
        return tuple(
            Again(reason, one.within)
            for one in self.followups
            if one.kind is FollowupKind.RETRY
            for reason in one.reasons
        )

    def reasons(self, *kinds: FollowupKind) -> tuple[str, ...]:
        """Return the reasons of followups of these kinds, or of all kinds."""
        return tuple(
            reason for one in self.followups if not kinds or one.kind in kinds for reason in one.reasons
        )
