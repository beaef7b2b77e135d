"""Which runbook answers a finding of a product that Ringfence has no remediation for. Pure.

The policy's `mappings` come first, then the shipped table. The first entry that matches decides.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.policy.decision import UNCHECKED, Mode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.claims import ImportedFinding

NOTIFY, OFF = "notify", "off"
"""What an entry names instead of a runbook: a person is notified, or nothing is done."""
REPORTS = "report-findings"
"""The runbook that notifies."""
HIGH, CRITICAL = 7.0, 9.0


@frozen
class Mapped:
    """One entry. Globs are case-sensitive and match the whole text.

    Attributes
    ----------
    product : str
        A glob over the names of a product: its ARN, the ARN's last part such as `inspector`, and the
        `product` of a sender.
    to : str
        The id of a runbook, `notify` or `off`.
    finding : str
        A glob over types of findings.
    severity : float
        The lowest severity on GuardDuty's scale. With a lower one, nothing is done.
    reason : str
        Why nothing is done, for `off`.
    mode : Mode
        The highest mode of a finding that Security Hub confirms.
    """

    product: str
    to: str
    finding: str = "*"
    severity: float = 0.0
    reason: str = ""
    mode: Mode = UNCHECKED

    def matches(self, names: Iterable[str], type_: str) -> bool:
        """Return whether the entry is about such findings of a product with these names."""
        return fnmatchcase(type_, self.finding) and any(fnmatchcase(one, self.product) for one in names)


SHIPPED = (
    Mapped("guardduty", OFF, reason="Ringfence answers the events of GuardDuty itself"),
    Mapped("config", OFF, reason="Ringfence answers the events of AWS Config itself"),
    Mapped(
        "health",
        OFF,
        reason="Ringfence answers AWS Health's own events about exposed credentials and abuse; an entry in "
        "`mappings` of the policy can notify people of others",
    ),
    Mapped("access-analyzer", NOTIFY),
    Mapped("inspector", NOTIFY, severity=CRITICAL),
    Mapped("macie", NOTIFY, severity=HIGH),
    Mapped("arn:*", NOTIFY, severity=HIGH),
    Mapped("*", NOTIFY),
)
"""The table that follows the policy's entries. Findings that the API takes are all notified."""


@frozen
class Route:
    """What follows from a finding: the id of a runbook, or why nothing does."""

    runbook: str = ""
    reason: str = ""


def entry_in_words(mappings: Iterable[Mapped], names: tuple[str, ...], type_: str) -> str:
    """Return which entry of the policy is about a finding of a product with these names.

    Examples
    --------
    >>> entry_in_words((Mapped("inspector", NOTIFY),), ("inspector",), "CVE")
    "entry 1 of the policy's `mappings` is about inspector"
    """
    for number, one in enumerate(mappings, start=1):
        if one.matches(names, type_):
            return f"entry {number} of the policy's `mappings` is about {names[-1]}"
    return f"no entry of the policy's `mappings` is about {names[-1]}: the shipped table decides"


def route(mappings: Iterable[Mapped], names: tuple[str, ...], type_: str, severity: float) -> Route:
    """Return what follows from a finding of a product with these names.

    Examples
    --------
    >>> route((), ("inspector",), "Software and Configuration Checks/Vulnerabilities/CVE", 9.5).runbook
    'report-findings'
    """
    reason = "no entry of `mappings` is about it"
    entries = (*mappings, *SHIPPED)
    return chosen(entries, names, type_, severity) or Route(reason=reason)


def highest(entries: Iterable[Mapped], claim: ImportedFinding, type_: str) -> Mode:
    """Return the highest mode of a finding that Security Hub confirms, by the first entry that matches.

    Everybody who may import findings in an account writes those of the account's own products. So they have
    at most the mode of a finding that no source confirms.
    """
    names = (claim.product, claim.product.rpartition("/")[2])
    found = next((one.mode for one in entries if one.matches(names, type_)), UNCHECKED)
    return found.at_most(UNCHECKED) if claim.is_own else found


def chosen(entries: Iterable[Mapped], names: tuple[str, ...], type_: str, severity: float) -> Route | None:
    """Return what the first entry that matches says. None without one."""
    for one in entries:
        if not one.matches(names, type_):
            continue
        if one.to == OFF:
            return Route(reason=one.reason or f"the policy's `mappings` set {one.product} to {OFF}")
        if severity < one.severity:
            return Route(
                reason=f"severity {severity:g} is below {one.severity:g}, the lowest severity of {names[-1]} "
                "that is answered; an entry in `mappings` of the policy can lower it"
            )
        return Route(REPORTS if one.to == NOTIFY else one.to)
    return None
