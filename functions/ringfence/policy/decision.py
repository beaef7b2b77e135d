"""The policy: the mode of each finding. Pure. An undecidable case permits nothing."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.codec import value
from ringfence.model.errors import Refused
from ringfence.model.frozen import frozen
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.circumstances import NOTHING_KNOWN
from ringfence.policy.limits import Limits
from ringfence.policy.protection import OWN, ROLE, OwnRoles
from ringfence.policy.rules import Case

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.circumstances import AccountFacts, Circumstances
    from ringfence.policy.protection import Exempt
    from ringfence.policy.rules import Rule


class Mode(StrEnum):
    """What Ringfence may do about a finding. The most cautious mode comes first."""

    OFF = "off"
    NOTIFY = "notify"
    DRY_RUN = "dry-run"
    APPROVE = "approve"
    """A person must approve the plan first."""
    AUTO_UNLESS_VETOED = "auto-unless-vetoed"
    """A person has some minutes to stop the plan."""
    AUTO = "auto"

    @property
    def records(self) -> bool:
        """Whether an incident is opened or joined."""
        return self is not Mode.OFF

    @property
    def observes(self) -> bool:
        """Whether the subject is looked at, and steps are planned."""
        return self not in (Mode.OFF, Mode.NOTIFY)

    @property
    def changes(self) -> bool:
        """Whether steps are carried out."""
        return self is Mode.AUTO

    @property
    def asks(self) -> bool:
        """Whether the plan waits for an answer of a person."""
        return self in (Mode.APPROVE, Mode.AUTO_UNLESS_VETOED)

    @property
    def can_be_vetoed(self) -> bool:
        """Whether the plan is carried out if nobody stops it."""
        return self is Mode.AUTO_UNLESS_VETOED

    @property
    def leaves_to_a_person(self) -> bool:
        """Whether a notification reports what is not applied."""
        return self in (Mode.NOTIFY, Mode.DRY_RUN)

    @property
    def freedom(self) -> int:
        """How much it permits, as a number: the order of caution. 0 is the most cautious mode."""
        return tuple(Mode).index(self)

    def at_most(self, other: Mode) -> Mode:
        """Return the more cautious one of two modes."""
        return min(self, other, key=_freedom)


def _freedom(mode: Mode) -> int:
    return mode.freedom


OWN_LISTS = ".Custom"
"""The end of GuardDuty's finding types for activity with the account's own threat lists.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_upload-lists.html
"""
UNDECIDED = Mode.APPROVE
"""The highest mode where the policy's rules cannot be evaluated, or a rule of caution cannot be judged."""


@frozen
class RunbookSettings:
    """The policy's settings for one runbook: its remediations and the value of every option.

    Attributes
    ----------
    remediations : tuple of str
        The ids of the remediations that run.
    choices : tuple of (str, str)
        The name and the value of every option.
    kept_dry : tuple of str
        The ids of remediations that can break a workload and that the policy does not allow. They stay dry
        runs.
    answers : tuple of (str, tuple of str)
        The finding types of each remediation. One that is not in it answers every finding of the runbook.
    together : tuple of (str, tuple of str)
        The remediations that never run in a higher mode than another one, by the id of the other one.
    """

    remediations: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    kept_dry: tuple[str, ...] = ()
    answers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    together: tuple[tuple[str, tuple[str, ...]], ...] = ()


@frozen
class Policy:
    """The compiled policy file.

    Attributes
    ----------
    accounts : tuple of str
        The account ids of the scope. Nothing outside of the scope is ever changed.
    regions : tuple of str
        The regions of the scope. Empty: all regions.
    rules : tuple of Rule
        The first matching rule decides.
    default : Mode
        The mode if no rule matches.
    act_on_samples, act_on_archived : bool
        Whether sample findings and archived findings are treated like others.
    held_back : Mode
        The mode of what is held back because of its resource, such as a host of containers.
    unconfirmable : Mode
        The highest mode of a finding that its source can no longer confirm.
    runbooks : tuple of (str, RunbookSettings)
        The id of each runbook and its settings.
    exempt : tuple of Exempt
        The resources that Ringfence must not change: exempt or protected.
    config_rules : tuple of (str, str)
        The owner's names of rules of AWS Config, and the managed rules that they stand for.
    own : OwnRoles
        The roles of this deployment.
    organization : tuple of AccountFacts
        What the policy file says of the organization's accounts.
    approvals : ApprovalRules
        Who may approve, until when, and what follows if nobody answers.
    limits : Limits
        How many responses that can break a workload may run without a person.
    digest : str
        The SHA-256 of the policy file, in hexadecimal. Empty if it is not known.
    """

    accounts: tuple[str, ...]
    regions: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    default: Mode = Mode.DRY_RUN
    act_on_samples: bool = False
    act_on_archived: bool = False
    unconfirmable: Mode = Mode.DRY_RUN
    held_back: Mode = Mode.APPROVE
    runbooks: tuple[tuple[str, RunbookSettings], ...] = ()
    exempt: tuple[Exempt, ...] = ()
    config_rules: tuple[tuple[str, str], ...] = ()
    own: OwnRoles = OwnRoles()
    organization: tuple[AccountFacts, ...] = ()
    approvals: ApprovalRules = ApprovalRules()
    limits: Limits = Limits()
    digest: str = ""

    def settings(self, runbook: Runbook) -> tuple[Runbook, tuple[tuple[str, str], ...]]:
        """Return the runbook with its enabled remediations, and the values of its options."""
        settings = dict(self.runbooks).get(runbook.id)
        if settings is None:
            return runbook.chosen(()), runbook.choose({})
        return runbook.narrowed(settings.remediations), settings.choices

    def exemptions(self, runbook: str, ref: Ref, now: datetime | None = None) -> tuple[Exempt, ...]:
        """Return the exemptions that concern a runbook and have not expired.

        A session can turn out to be one of this deployment's own roles only when AWS says which role it has.
        """
        found = tuple(one for one in self.exempt if fnmatchcase(runbook, one.runbook) and one.holds(now))
        return (*found, *self.own.protected(ref.account, self.accounts)) if ref.holder == ROLE else found

    def protection(self, runbook: str, ref: Ref, now: datetime | None = None) -> str:
        """Return why nothing may change a resource. Empty if it is not protected."""
        found = (
            one for one in self.exempt if one.protected and one.holds(now) and one.speaks_of(runbook, ref)
        )
        return next((one.words for one in found), "")

    def known(self, circumstances: Circumstances) -> Circumstances:
        """Return the circumstances with what the policy file says of the organization, unless AWS said it."""
        if circumstances.accounts is not None or not self.organization:
            return circumstances
        return replace(circumstances, accounts=self.organization)

    @property
    def names_remediations(self) -> bool:
        """Whether a rule concerns some remediations only."""
        return any(rule.remediations for rule in self.rules)

    def outside(self, ref: Ref) -> str:
        """Return why a resource is outside the scope. Empty if it is inside."""
        if ref.account not in self.accounts:
            return f"account {ref.account} is not in the policy's scope"
        if ref.regional and self.regions and ref.region not in self.regions:
            return f"region {ref.region} is not in the policy's scope"
        return ""


class DecisionCode(StrEnum):
    """The reason of a decision, for programs. People read the sentence."""

    UNKNOWN = ""
    """A decision from before there were codes, or from a newer version."""
    POLICY = "policy"
    OUT_OF_SCOPE = "out-of-scope"
    ARCHIVED = "archived"
    SAMPLE = "sample"
    NOT_ANSWERED = "not-answered"
    EXEMPT = "exempt"
    KEPT_DRY = "kept-dry"
    NOTIFY_ONLY = "notify-only"
    ROOT = "root"
    URGENT = "urgent"
    UNCONFIRMED = "unconfirmed"
    REFUTED = "refuted"
    BLINDED = "blinded"
    DOWNGRADED = "downgraded"
    LIMITED = "limited"
    EMERGENCY = "emergency"
    FORGEABLE = "forgeable"
    """Held back only because of tags that everybody who may tag the resource can write."""
    UNDECIDED = "undecided"
    """It is not known whether some rule of the policy matches."""
    PROTECTED = "protected"
    REQUESTED = "requested"
    PLAN_CHANGED = "plan-changed"
    APPROVED = "approved"
    """People approved the recorded plan, or nobody vetoed it in time."""

    @property
    def holds(self) -> bool:
        """Whether the decision holds a part of a response back because of its subject."""
        return self in {
            DecisionCode.DOWNGRADED,
            DecisionCode.EMERGENCY,
            DecisionCode.FORGEABLE,
            DecisionCode.LIMITED,
        }

    @classmethod
    def _missing_(cls, value: object) -> DecisionCode:  # noqa: ARG003 - whatever a newer version wrote
        return cls.UNKNOWN


@value
class Decision:
    """The mode of a response, and the reason.

    Attributes
    ----------
    mode : Mode
        What Ringfence may do.
    reason : str
        The reason for people.
    rule : str
        The name of the policy rule that decided. Empty: no rule did.
    code : DecisionCode
        The reason for programs.
    """

    mode: Mode
    reason: str
    rule: str = ""
    code: DecisionCode = DecisionCode.UNKNOWN

    def __post_init__(self) -> None:
        """Convert mode and code from the texts in the log. An unknown mode raises an error."""
        object.__setattr__(self, "mode", Mode(self.mode))
        object.__setattr__(self, "code", DecisionCode(self.code))

    def permit(self) -> None:
        """Raise Refused unless the mode allows changes. Every change passes this check."""
        if not self.mode.changes:
            raise Refused(f"mode is {self.mode}: {self.reason}")


def decide(  # noqa: PLR0913 - what a decision depends on
    policy: Policy,
    runbook: str,
    finding: Finding,
    ref: Ref,
    circumstances: Circumstances = NOTHING_KNOWN,
    *,
    remediation: str = "",
) -> Decision:
    """Decide what Ringfence may do to a resource because of a finding.

    Parameters
    ----------
    policy : Policy
        The compiled policy.
    runbook : str
        The id of the runbook that answers.
    finding : Finding
        The finding. Its text can come from an intruder and only selects rules.
    ref : Ref
        The resource.
    circumstances : Circumstances
        The time, and what the organization says of the account.
    remediation : str
        The id of the remediation. Empty: the runbook as a whole. Rules for remediations do not apply to it.

    Returns
    -------
    Decision
        The first match decides: out of scope, archived, sample, the policy's rules, its default. A finding
        that only notifies never gets more than `notify`, and neither does a protected resource.
    """
    if off := _off(policy, finding, ref):
        return off
    decision = _by_rules(policy, Case(runbook, finding, ref, remediation), circumstances)
    if not decision.mode.records:
        return decision
    if reason := _own(policy, ref) or finding.notify_only_reason_for(ref):
        return Decision(Mode.NOTIFY, reason, decision.rule, _notify_only(finding, ref))
    if reason := policy.protection(runbook, ref, circumstances.now):
        return Decision(Mode.NOTIFY, reason, decision.rule, DecisionCode.PROTECTED)
    return decision


def _off(policy: Policy, finding: Finding, ref: Ref) -> Decision | None:
    if (outside := policy.outside(ref)) and not _is_only_told(policy, finding, ref):
        return Decision(Mode.OFF, outside, code=DecisionCode.OUT_OF_SCOPE)
    if finding.archived and not policy.act_on_archived:
        return Decision(Mode.OFF, "the finding is archived", code=DecisionCode.ARCHIVED)
    if finding.sample and not policy.act_on_samples:
        return Decision(Mode.OFF, "the finding is a sample", code=DecisionCode.SAMPLE)
    return None


def _notify_only(finding: Finding, ref: Ref) -> DecisionCode:
    from ringfence.model.kinds.root import RootRef  # containment does not wait for it

    if isinstance(ref, RootRef) and not finding.advice:
        return DecisionCode.ROOT
    return DecisionCode.URGENT if finding.urgent else DecisionCode.NOTIFY_ONLY


def _own(policy: Policy, ref: Ref) -> str:
    """Return why a person must decide about a session of one of Ringfence's own roles."""
    role = getattr(ref, "role", "")  # of a session: containment does not wait for the import of its kind
    return OWN if role and policy.own.contain(ref.account, role, policy.accounts) else ""


def _is_only_told(policy: Policy, finding: Finding, ref: Ref) -> bool:
    """Return whether an account in the scope reports a resource of another one, and nothing is changed."""
    elsewhere = ref.account != finding.account and finding.account in policy.accounts
    return elsewhere and bool(finding.notify_only_reason_for(ref))


def _by_rules(policy: Policy, case: Case, circumstances: Circumstances) -> Decision:
    """Return the decision of the first rule that matches.

    Where it is not known whether a rule matches, the decision is at most `UNDECIDED`, and not higher than the
    rule and what follows it would decide.
    """
    unknown: list[tuple[Mode, str]] = []
    named = False
    circumstances = policy.known(circumstances)
    decision = Decision(
        policy.default,
        f"no policy rule matches; the default mode is {policy.default}",
        "default",
        DecisionCode.POLICY,
    )
    for number, rule in enumerate(policy.rules, start=1):
        if rule.look:
            continue
        match = rule.match(case, circumstances)
        if match.unknown:
            unknown.append((rule.mode, f"whether policy rule {rule.shown(number)} applies: {match.unknown}"))
        if match.matches:
            reason = rule.because(f"policy rule {rule.shown(number)} sets mode {rule.mode}")
            decision = Decision(rule.mode, reason, rule.label(number), DecisionCode.POLICY)
            named = OWN_LISTS.strip(".") in rule.finding
            break
    return _undecided(decision if named else _from_own_list(decision, case.finding), unknown)


def _from_own_list(decision: Decision, finding: Finding) -> Decision:
    """Return a decision that changes nothing without a person, for a finding from the account's own lists.

    An intruder with a permission of GuardDuty can put an address of the owner on such a list.
    """
    if not finding.type.endswith(OWN_LISTS) or decision.mode.freedom <= Mode.APPROVE.freedom:
        return decision
    reason = (
        f"{decision.reason}; the finding comes from a threat list of the account, which an intruder can "
        f"create, so the mode is {Mode.DRY_RUN} unless a rule names types with {OWN_LISTS}"
    )
    return replace(decision, mode=Mode.DRY_RUN, reason=reason)


def _undecided(decision: Decision, unknown: list[tuple[Mode, str]]) -> Decision:
    """Return the most cautious answer to rules of which it is not known whether they match."""
    if all(mode is decision.mode for mode, _ in unknown):
        return decision
    mode = UNDECIDED.at_most(max((decision.mode, *(mode for mode, _ in unknown)), key=_freedom))
    words = "; ".join(dict.fromkeys(words for _, words in unknown))
    reason = f"it is not known {words}; until it is known, the mode is at most {UNDECIDED}"
    return Decision(mode, reason, decision.rule, DecisionCode.UNDECIDED)
