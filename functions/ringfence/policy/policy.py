"""The compiled policy file, as a value: its scope, its rules, its settings and its exemptions."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen, replace
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Mode
from ringfence.policy.limits import Limits
from ringfence.policy.protection import ROLE, OwnRoles

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.circumstances import AccountFacts, Circumstances
    from ringfence.policy.mappings import Mapped
    from ringfence.policy.protection import Exempt
    from ringfence.policy.rules import Rule
    from ringfence.policy.senders import Sender


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
    outputs : tuple of (str, tuple of (str, str))
        The outputs that are on, each with the options that the file chooses.
    digest : str
        The SHA-256 of the policy file, in hexadecimal. Empty if it is not known.
    senders : tuple of Sender
        Who may send findings. Empty: nobody.
    mappings : tuple of Mapped
        Which runbooks answer findings of other products. The shipped table follows.
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
    outputs: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    digest: str = ""
    senders: tuple[Sender, ...] = ()
    mappings: tuple[Mapped, ...] = ()

    @cached_property
    def by_runbook(self) -> dict[str, RunbookSettings]:
        """The settings of each runbook, by its id."""
        return dict(self.runbooks)

    def settings(self, runbook: Runbook) -> tuple[Runbook, tuple[tuple[str, str], ...]]:
        """Return the runbook with its enabled remediations, and the values of its options."""
        settings = self.by_runbook.get(runbook.id)
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
