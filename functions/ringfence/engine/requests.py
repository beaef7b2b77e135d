"""The requests of the engine and their results."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.runbook import Runbook, Stage
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Decision
    from ringfence.record.facts import FindingReceived, Planned, RunRequested, Verified
    from ringfence.record.status import IncidentStatus


@frozen
class Agreed:
    """A confirmed plan: the digest of the first stage's plan, and the time it was made for."""

    digest: str
    as_of: datetime


@frozen
class ResponseRequest:
    """Respond to a finding, respond to a person's request, or resume what is recorded (neither given).

    `runbook` contains the enabled remediations, `choices` the option values. `attempt` is the id of the
    execution, `actor` who acts. No change starts after `until`. `stages` is the number of stages to run;
    None means all. `incident` is the one to resume; empty means the newest. `watchdog` names the execution
    to continue, if it was allowed to act. With an `agreed` plan, no other plan is applied.
    """

    runbook: Runbook
    ref: Ref
    attempt: str
    actor: str
    until: datetime
    decision: Decision | None = None
    finding: FindingReceived | None = None
    request: RunRequested | None = None
    choices: tuple[tuple[str, str], ...] = ()
    stages: int | None = None
    incident: str = ""
    watchdog: str = ""
    agreed: Agreed | None = None

    @property
    def routine(self) -> bool:
        """Whether this is a routine read: no finding says that anything is wrong."""
        return self.finding is not None and self.finding.finding.routine

    @property
    def running(self) -> tuple[Stage, ...]:
        """The stages that this execution runs."""
        return self.runbook.stages[: self.stages]

    def contains(self, stage: Stage) -> bool:
        """Return whether a stage is the containment stage."""
        return self.runbook.has_containment_stage and stage is self.runbook.stages[0]


@frozen
class ResponseRelease:
    """Release `incident` of `ref`. `skip_drifted` leaves values that somebody has changed since.

    `plans` are the digests of the confirmed plans. None means no confirmation.
    """

    runbook: str
    ref: Ref
    incident: str
    attempt: str
    actor: str
    until: datetime
    request: RunRequested
    skip_drifted: bool = False
    plans: tuple[str, ...] | None = None


class FollowupKind(StrEnum):
    """How a request continues."""

    RETRY = "retry"
    """The request goes back to its queue."""
    CONTINUE = "continue"
    """Later stages remain for a continuation, which also retries earlier steps."""
    RECHECK = "recheck"
    """A late record was read, or an AWS service has work to do."""


@frozen
class Followup:
    """What follows a request, after what delay, and the reasons in words."""

    kind: FollowupKind
    after: timedelta = timedelta(0)
    reasons: tuple[str, ...] = ()


@frozen
class ResponseResult:
    """The result of a request.

    `followups` say what must happen next. Empty if nothing is left. A request never continues in both its
    queue and a continuation, because two queues must not retry the same. `as_of` is the time of a dry run's
    plans.
    """

    status: IncidentStatus
    incident: str
    reason: str
    plans: tuple[Planned, ...] = ()
    verified: Verified | None = None
    followups: tuple[Followup, ...] = ()
    as_of: datetime | None = None

    def follows(self, *kinds: FollowupKind) -> bool:
        """Return whether a followup of one of these kinds exists."""
        return any(one.kind in kinds for one in self.followups)

    def reasons(self, *kinds: FollowupKind) -> tuple[str, ...]:
        """Return the reasons of followups of these kinds, or of all kinds."""
        return tuple(
            reason for one in self.followups if not kinds or one.kind in kinds for reason in one.reasons
        )
