"""What the engine is asked to do, and what it answers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Decision
    from ringfence.record.facts import FindingReceived, Planned, RunRequested, Verified


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
    plan was `agreed` to, no other is begun.
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


class IncidentStatus(StrEnum):
    """How a response stands."""

    RECORDED = "recorded"
    JOINED = "joined"
    DRY_RUN = "dry-run"
    CONTAINED = "contained"
    COMPLETE = "complete"
    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"


@frozen
class ResponseResult:
    """What became of an order.

    `again` says in words what can be tried or looked at again. `goes_on`: later stages remain for a
    continuation, which tries again what comes before them. `later`: a record was read that lags
    behind, or somebody else has yet to do something, so it is looked at once more after a while. `as_of`
    is the instant that the plans of a dry run were made for.
    """

    status: IncidentStatus
    incident: str
    reason: str
    plans: tuple[Planned, ...] = ()
    verified: Verified | None = None
    again: tuple[str, ...] = ()
    goes_on: bool = False
    later: bool = False
    as_of: datetime | None = None

    @property
    def comes_back(self) -> tuple[str, ...]:
        """Why the order goes back to its queue: two queues must not try the same."""
        return () if self.goes_on else self.again
