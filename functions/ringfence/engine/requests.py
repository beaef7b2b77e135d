"""What the engine is asked to do, and what it answers."""

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
    """What a person said yes to: the digest of the first stage's plan, and the instant it was made for."""

    digest: str
    as_of: datetime


@frozen
class ResponseRequest:
    """Respond to a finding, to a person's request, or go on with what is recorded (neither given).

    `runbook` holds the enabled remediations, `choices` the options in force. `attempt` names the
    execution, `actor` who acts. No change starts after `until`. `stages` says how many stages this
    execution runs; all are run when it is None. `incident` is the one to go on with; the newest if empty.
    `watchdog` names the execution whose work is gone on with, where it was allowed to act at all. Where a
    plan was `agreed` to, no other is carried out.
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
        """Whether it is time to look, and nobody says that anything is wrong."""
        return self.finding is not None and self.finding.finding.routine

    @property
    def running(self) -> tuple[Stage, ...]:
        """The stages that this execution runs."""
        return self.runbook.stages[: self.stages]

    def contains(self, stage: Stage) -> bool:
        """Say whether a stage is the one that contains."""
        return self.runbook.has_containment_stage and stage is self.runbook.stages[0]


@frozen
class ResponseRelease:
    """Undo `incident` on `ref`. `skip_drifted` restores the rest where the world has moved on.

    `plans` are the digests of what was agreed to: no other plan is carried out. None: nobody looked.
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
