"""The requests of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.resource_names import UNKNOWN_HOME
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Mode
from ringfence.policy.limits import Limits

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.claims import SourceAnswer
    from ringfence.model.resource_names import Home
    from ringfence.model.runbook import Runbook, Stage
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Decision
    from ringfence.policy.look import Caution
    from ringfence.policy.protection import Exempt
    from ringfence.record.facts import Fact, FindingReceived, RunRequested
    from ringfence.record.tampering_facts import HistoryRejected


@frozen
class Agreed:
    """A confirmed plan: the digest of the first stage's plan, and the time it was made for."""

    digest: str
    as_of: datetime


@frozen
class Approving:
    """An approval to look at: carry out its plan, let it expire, or do nothing.

    `due`: when a schedule has something to do. None for an answer. `told` says in words what proves that the
    notice of a plan that people can veto was accepted, at the time `told_at`. `untold`: why it reached
    nobody.
    """

    approval: str
    due: datetime | None = None
    told: str = ""
    told_at: datetime | None = None
    untold: str = ""


@frozen
class ResponseRequest:
    """Respond to a finding, respond to a person's request, or resume what is recorded (neither given).

    `runbook` contains the enabled remediations, `choices` the option values. `attempt` is the id of the
    execution, `actor` who acts. No change starts after `until`. `stages` is the number of stages to run;
    None means all. `incident` is the one to resume; empty means the newest. `watchdog` names the execution
    to continue, if it was allowed to act. `continuation` names the message of a continuation. With an
    `agreed` plan, no other plan is applied. `held`: why parts of the runbook are held back as a dry run, in
    words. `exempt`: what the policy exempts in this runbook; a person can request a run all the same.
    `held_back`: the mode of what is held back because of the subject. `unconfirmable`: the mode if the source
    of the finding can no longer confirm it. `source`: its answer, once it was asked.
    `rejected`: the newest incident is not obeyed, so this opens another one. `policy`: the SHA-256 of the
    policy file that decided. `cautions`: the policy's rules that the first read of the
    resource decides about. `approving`: the approval that this is about. `rules` are those of a new approval.
    `preface` are facts to record first. `approved`: the approval whose plan is carried out.
    `limits`: how many such responses may run without a person. `limit`: the used limit because of which
    people are asked. `home`: where Ringfence is deployed.
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
    continuation: str = ""
    agreed: Agreed | None = None
    held: tuple[str, ...] = ()
    exempt: tuple[Exempt, ...] = ()
    unconfirmable: Mode = Mode.DRY_RUN
    held_back: Mode = Mode.DRY_RUN
    source: SourceAnswer | None = None
    rejected: HistoryRejected | None = None
    policy: str = ""
    cautions: tuple[Caution, ...] = ()
    approving: Approving | None = None
    rules: ApprovalRules = ApprovalRules()
    preface: tuple[Fact, ...] = ()
    approved: str = ""
    limits: Limits = Limits()
    limit: str = ""
    home: Home = UNKNOWN_HOME

    @property
    def routine(self) -> bool:
        """Whether this is a routine read: no finding says that anything is wrong."""
        return self.finding is not None and self.finding.finding.routine

    @property
    def goes_on(self) -> bool:
        """Whether later stages begin even if the first read fails.

        A person sees the error instead. A dry run changes nothing, so it is retried as a whole.
        """
        acts = self.decision is None or self.decision.mode.changes or self.is_held
        return self.runbook.evidence_follows and self.request is None and acts

    @property
    def is_off(self) -> bool:
        """Whether the decision permits nothing. A person is notified of what an earlier one began."""
        return self.decision is not None and not self.decision.mode.records

    @property
    def may_contain(self) -> bool:
        """Whether a finding leads to a containment that changes something."""
        acts = self.decision is not None and self.decision.mode.changes
        return acts and self.finding is not None and self.runbook.has_containment_stage

    @property
    def is_held(self) -> bool:
        """Whether this is the dry run of what is held back, while the rest of the runbook acts."""
        return self.decision is not None and self.decision.code.holds

    @property
    def running(self) -> tuple[Stage, ...]:
        """The stages that this execution runs."""
        return self.runbook.stages[: self.stages]

    def contains(self, stage: Stage) -> bool:
        """Return whether a stage is the containment stage."""
        return self.runbook.has_containment_stage and stage is self.runbook.stages[0]
