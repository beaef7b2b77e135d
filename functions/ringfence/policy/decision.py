"""The policy: which finding gets which mode. Pure; what cannot be evaluated closes."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.codec import value
from ringfence.model.errors import Refused
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref


class Mode(StrEnum):
    """What may happen by itself."""

    OFF = "off"
    NOTIFY = "notify"
    DRY_RUN = "dry-run"
    AUTO = "auto"

    @property
    def records(self) -> bool:
        """Whether an incident is opened or joined."""
        return self is not Mode.OFF

    @property
    def observes(self) -> bool:
        """Whether the subject is looked at, and steps are planned."""
        return self in (Mode.DRY_RUN, Mode.AUTO)

    @property
    def changes(self) -> bool:
        """Whether steps are carried out."""
        return self is Mode.AUTO

    @property
    def leaves_to_a_person(self) -> bool:
        """Whether a person is told of what is not carried out."""
        return self in (Mode.NOTIFY, Mode.DRY_RUN)


@frozen
class Rule:
    """One line of the policy; globs are case-sensitive and match the whole text."""

    mode: Mode
    runbook: str = "*"
    finding: str = "*"
    min_severity: float = 0.0
    accounts: tuple[str, ...] = ()
    name: str = ""

    def matches(self, runbook: str, finding: Finding, ref: Ref) -> bool:
        """Say whether the rule speaks of this finding and this subject."""
        return (
            fnmatchcase(runbook, self.runbook)
            and fnmatchcase(finding.type, self.finding)
            and finding.severity >= self.min_severity
            and (not self.accounts or ref.account in self.accounts)
        )


@frozen
class RunbookSettings:
    """What the policy chooses for one runbook: its remediations, and a value for every option.

    `kept_dry` are those of the remediations that can break a workload and that the policy does not allow:
    they stay dry runs. `answers` says which types of findings a remediation answers; one that is not named
    there answers whatever the runbook does.
    """

    remediations: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    kept_dry: tuple[str, ...] = ()
    answers: tuple[tuple[str, tuple[str, ...]], ...] = ()


@frozen
class Exempt:
    """What is left as it is, and why: a glob over subjects' keys, for these remediations or for all."""

    subject: str
    reason: str
    runbook: str = "*"
    remediations: tuple[str, ...] = ()

    def speaks_of(self, runbook: str, ref: Ref) -> bool:
        """Say whether it is about this subject in this runbook."""
        return fnmatchcase(runbook, self.runbook) and fnmatchcase(ref.key, self.subject)


@frozen
class Policy:
    """The reviewed file, compiled.

    `accounts` and `regions` are the scope: nothing outside is ever touched; no regions means all.
    The first matching rule decides; `default` holds where none does.
    """

    accounts: tuple[str, ...]
    regions: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    default: Mode = Mode.DRY_RUN
    act_on_samples: bool = False
    act_on_archived: bool = False
    runbooks: tuple[tuple[str, RunbookSettings], ...] = ()
    exempt: tuple[Exempt, ...] = ()

    def settings(self, runbook: Runbook) -> tuple[Runbook, tuple[tuple[str, str], ...]]:
        """Return the runbook with the remediations that the policy chooses, and the options in force."""
        settings = dict(self.runbooks).get(runbook.id)
        if settings is None:
            return runbook.chosen(()), runbook.choose({})
        return runbook.narrowed(settings.remediations), settings.choices

    def outside(self, ref: Ref) -> str:
        """Say why a subject is out of scope; empty when it is within."""
        if ref.account not in self.accounts:
            return f"account {ref.account} is not in the policy's scope"
        if ref.regional and self.regions and ref.region not in self.regions:
            return f"region {ref.region} is not in the policy's scope"
        return ""


class DecisionCode(StrEnum):
    """Why it was decided so, for programs: sentences are for people."""

    UNKNOWN = ""
    """A decision that was recorded before there were codes, or by a newer version."""
    POLICY = "policy"
    OUT_OF_SCOPE = "out-of-scope"
    ARCHIVED = "archived"
    SAMPLE = "sample"
    NOT_ANSWERED = "not-answered"
    EXEMPT = "exempt"
    KEPT_DRY = "kept-dry"
    NOTIFY_ONLY = "notify-only"
    ROOT = "root"
    UNCONFIRMED = "unconfirmed"
    DOWNGRADED = "downgraded"
    REQUESTED = "requested"
    PLAN_CHANGED = "plan-changed"

    @classmethod
    def _missing_(cls, value: object) -> DecisionCode:  # noqa: ARG003 - whatever a newer version wrote
        return cls.UNKNOWN


@value
class Decision:
    """What may happen, and why: `code` for programs, `reason` for people."""

    mode: Mode
    reason: str
    rule: str = ""
    code: DecisionCode = DecisionCode.UNKNOWN

    def __post_init__(self) -> None:
        """Take mode and code back from the log, where they are texts; an unknown mode allows nothing."""
        object.__setattr__(self, "mode", Mode(self.mode))
        object.__setattr__(self, "code", DecisionCode(self.code))

    def permit(self) -> None:
        """Raise Refused unless the mode allows changes: the one gate before any change."""
        if not self.mode.changes:
            raise Refused(f"mode is {self.mode}: {self.reason}")


def decide(policy: Policy, runbook: str, finding: Finding, ref: Ref) -> Decision:
    """Decide what may happen to `ref` because of `finding`."""
    if outside := policy.outside(ref):
        return Decision(Mode.OFF, outside, code=DecisionCode.OUT_OF_SCOPE)
    if finding.archived and not policy.act_on_archived:
        return Decision(Mode.OFF, "the finding is archived", code=DecisionCode.ARCHIVED)
    if finding.sample and not policy.act_on_samples:
        return Decision(Mode.OFF, "the finding is a sample", code=DecisionCode.SAMPLE)
    decision = _by_rules(policy, runbook, finding, ref)
    reason = finding.notify_only_reason_for(ref)
    if not reason or not decision.mode.records:
        return decision
    from ringfence.model.kinds.root import RootRef  # containment does not wait for it

    is_root = isinstance(ref, RootRef) and not finding.advice
    code = DecisionCode.ROOT if is_root else DecisionCode.NOTIFY_ONLY
    return Decision(Mode.NOTIFY, reason, decision.rule, code)


def _by_rules(policy: Policy, runbook: str, finding: Finding, ref: Ref) -> Decision:
    for number, rule in enumerate(policy.rules, start=1):
        if rule.matches(runbook, finding, ref):
            label = f'"{rule.name}"' if rule.name else number
            reason = f"policy rule {label} sets mode {rule.mode}"
            return Decision(rule.mode, reason, rule.name or f"rule {number}", DecisionCode.POLICY)
    reason = f"no policy rule matches; the default mode is {policy.default}"
    return Decision(policy.default, reason, "default", DecisionCode.POLICY)
