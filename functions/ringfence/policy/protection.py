"""The resources that a policy leaves unchanged: exemptions, what is protected, and the deployment's own."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.resource_names import QUALIFIER, Home

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.model.subject import Ref


ROLE = "iam-role"
"""The kind of roles."""
OWN = (
    "the session belongs to one of Ringfence's own roles; a person must check it, because Ringfence "
    "could lock itself out"
)


@frozen
class Exempt:
    """An exemption: a glob over the keys of resources, for some remediations or for all.

    Attributes
    ----------
    subject : str
        A glob over KIND/ACCOUNT/REGION/ID.
    reason : str
        The reason that the audit log and the notification show.
    runbook : str
        A glob over runbook ids.
    remediations : tuple of str
        The ids of the remediations that it concerns. Empty: all.
    owner : str
        Who answers for it. Empty if nobody is named.
    expires : str
        The last day on which it holds, in UTC, as a date in ISO 8601. Empty: it holds without end.
    protected : bool
        Whether it is protected: nothing changes it, not even a person's run.
    """

    subject: str
    reason: str
    runbook: str = "*"
    remediations: tuple[str, ...] = ()
    owner: str = ""
    expires: str = ""
    protected: bool = False

    @property
    def words(self) -> str:
        """The reason for people, with the owner."""
        verb = "protects" if self.protected else "exempts"
        owner = f" (owner: {self.owner})" if self.owner else ""
        return f"the policy {verb} it: {self.reason}{owner}"

    def speaks_of(self, runbook: str, ref: Ref) -> bool:
        """Return whether it matches this resource in this runbook."""
        return fnmatchcase(runbook, self.runbook) and fnmatchcase(ref.key, self.subject)

    def of(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return which of these remediations it exempts."""
        return tuple(id_ for id_ in ids if not self.remediations or id_ in self.remediations)

    def holds(self, now: datetime | None) -> bool:
        """Return whether it has not expired. If the time is not known, it holds."""
        return not self.expires or now is None or f"{now:%Y-%m-%d}" <= self.expires


@frozen
class OwnRoles:
    """The roles that a deployment creates, by name. They have no path.

    IAM's names of roles are unique within an account, so an account and a name identify an ARN.

    Attributes
    ----------
    home : str
        The home account, 12 digits. Empty if it is not known.
    member : tuple of str
        The roles in each account of the scope.
    at_home : tuple of str
        The roles in the home account.
    qualifier : str
        The qualifier of the `cdk bootstrap` whose roles deploy it.
    regions : tuple of str
        The regions with its stacks. Empty if they are not known.
    """

    home: str = ""
    member: tuple[str, ...] = ()
    at_home: tuple[str, ...] = ()
    qualifier: str = QUALIFIER
    regions: tuple[str, ...] = ()

    @property
    def deployed(self) -> Home:
        """Where Ringfence is deployed, and by whose roles."""
        return Home(self.home, self.qualifier, self.regions)

    def contain(self, account: str, role: str, accounts: Iterable[str]) -> bool:
        """Return whether a role of an account is one of them. `accounts` is the scope."""
        if account == self.home:
            return role in self.at_home
        return account in accounts and role in self.member

    def protected(self, account: str, accounts: Iterable[str]) -> tuple[Exempt, ...]:
        """Return what protects the sessions of its roles in an account. `accounts` is the scope."""
        names = self.at_home if account == self.home else self.member if account in accounts else ()
        return tuple(Exempt(f"{ROLE}/{account}/*/{name}", OWN, protected=True) for name in names)
