"""What the engine is asked to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.runbook import Runbook, Stage
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Decision
    from ringfence.record.facts import FindingReceived, RunRequested


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
