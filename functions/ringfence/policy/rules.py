"""The rules of a policy, and whether one matches. Pure. What cannot be judged is unknown, not false."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.decision import Mode
    from ringfence.policy.look import Look
    from ringfence.policy.windows import Window

HIGHEST = 10.0
"""The highest severity."""


@frozen
class Case:
    """What a rule is asked about. `remediation`: empty for the runbook as a whole."""

    runbook: str
    finding: Finding
    ref: Ref
    remediation: str = ""


@frozen
class Match:
    """Whether a rule matches. `unknown`: why that is not known. Empty if it is."""

    matches: bool
    unknown: str = ""


@frozen
class Rule:
    """One rule of the policy. Globs are case-sensitive and match the whole text.

    Attributes
    ----------
    mode : Mode
        The mode of the findings that it matches.
    runbook : str
        A glob over runbook ids.
    finding : str
        A glob over finding types.
    min_severity, max_severity : float
        The lowest and the highest severity that it matches, 0 to 10, on GuardDuty's scale.
    accounts : tuple of str
        The account ids that it matches, 12 digits each. Empty: every account.
    name : str
        The name that decisions show. Empty: its number.
    remediations : tuple of str
        The ids of the remediations that it concerns. Empty: all.
    regions : tuple of str
        The regions that it matches: of the resource, or of the finding if the resource is global. Empty: all.
    sources : tuple of str
        Globs over the source of the event, such as `aws.guardduty`. Empty: every source.
    affects : str
        `human` or `workload`: who is affected. Empty: both, and where that is unknown.
    units : tuple of str
        Globs over ids and paths of organizational units; one of them must contain the account. Empty: every
        account.
    account_tags : tuple of (str, str)
        Tags that the account must have, each with a glob over the value.
    during : tuple of Window
        It matches in these time windows only. Empty: always.
    look : Look or None
        What the first read of the resource must show. Such a rule only makes decisions more cautious.
    reason : str
        The reason that decisions show.
    """

    mode: Mode
    runbook: str = "*"
    finding: str = "*"
    min_severity: float = 0.0
    accounts: tuple[str, ...] = ()
    name: str = ""
    max_severity: float = HIGHEST
    remediations: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    affects: str = ""
    units: tuple[str, ...] = ()
    account_tags: tuple[tuple[str, str], ...] = ()
    during: tuple[Window, ...] = ()
    look: Look | None = None
    reason: str = ""

    def label(self, number: int) -> str:
        """Return its name for records. `number` counts from 1."""
        return self.name or f"rule {number}"

    def shown(self, number: int) -> str:
        """Return its name for sentences."""
        return f'"{self.name}"' if self.name else str(number)

    def because(self, words: str) -> str:
        """Return what the rule does in words, with its reason."""
        return f"{words}: {self.reason}" if self.reason else words

    def match(self, case: Case, circumstances: Circumstances) -> Match:
        """Return whether the rule matches. It is unknown only if all that is known matches."""
        if not self._matches_event(case):
            return Match(False)
        unknown: list[str] = []
        for one in (
            self._affected(case),
            *self._organization(case, circumstances),
            *self._time(circumstances),
        ):
            if one.unknown:
                unknown.append(one.unknown)
            elif not one.matches:
                return Match(False)
        return Match(not unknown, "; ".join(dict.fromkeys(unknown)))

    def _matches_event(self, case: Case) -> bool:
        finding, ref = case.finding, case.ref
        return (
            fnmatchcase(case.runbook, self.runbook)
            and fnmatchcase(finding.type, self.finding)
            and self.min_severity <= finding.severity
            and (self.max_severity >= HIGHEST or finding.severity <= self.max_severity)
            and (not self.accounts or ref.account in self.accounts)
            and (not self.remediations or case.remediation in self.remediations)
            and (not self.regions or (ref.region if ref.regional else finding.region) in self.regions)
            and (not self.sources or _any(self.sources, (finding.source,)))
        )

    def _affected(self, case: Case) -> Match:
        if not self.affects:
            return Match(True)
        affected = case.ref.affects
        return Match(
            affected == self.affects,
            "" if affected else f"who uses {case.ref.kind} {case.ref.id} is not known",
        )

    def _organization(self, case: Case, circumstances: Circumstances) -> tuple[Match, ...]:
        if not self.units and not self.account_tags:
            return ()
        known = circumstances.account(case.ref.account)
        if known is None:
            what = f"the place of account {case.ref.account} in the organization is not known"
            return (Match(False, what),)
        tags = dict(known.tags)
        in_unit = not self.units or _any(self.units, known.units)
        tagged = all(key in tags and fnmatchcase(tags[key], glob) for key, glob in self.account_tags)
        return (Match(in_unit and tagged),)

    def _time(self, circumstances: Circumstances) -> tuple[Match, ...]:
        if not self.during:
            return ()
        if circumstances.now is None:
            return (Match(False, "the time is not known"),)
        found, unknown = [], ""
        for window in self.during:
            try:
                found.append(window.contains(circumstances.now))
            except (LookupError, ValueError, OSError, OverflowError):
                unknown = f"the time zone {window.zone} is not known"
        return (Match(any(found), "" if any(found) else unknown),)


def _any(globs: Iterable[str], names: Iterable[str]) -> bool:
    known = tuple(names)
    return any(fnmatchcase(name, glob) for glob in globs for name in known)
