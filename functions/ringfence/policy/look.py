"""Conditions of rules of caution, on what only the first read of a resource shows. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.policy.rules import Case

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.model.traits import Traits
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.decision import Mode
    from ringfence.policy.policy import Policy

RESERVED = "aws:"
"""Only AWS writes tags with this beginning."""


@frozen
class Look:
    """What a rule of caution says of a resource. Everything that it names must match.

    Attributes
    ----------
    groups : tuple of str
        Globs over names of Auto Scaling groups. Empty: any, or none.
    vpcs : tuple of str
        Globs over ids of VPCs. Empty: any, or none.
    tags : tuple of (str, str)
        Tags that the resource must have, each with a glob over the value.
    """

    groups: tuple[str, ...] = ()
    vpcs: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def is_forgeable(self) -> bool:
        """Whether everybody who may tag the resource can make it match."""
        return not self.groups and not self.vpcs and not any(key.startswith(RESERVED) for key, _ in self.tags)

    def matches(self, traits: Traits) -> bool:
        """Return whether a resource matches."""
        tags = dict(traits.tags)
        return (
            (not self.groups or any(fnmatchcase(traits.group, glob) for glob in self.groups if traits.group))
            and (not self.vpcs or any(fnmatchcase(traits.vpc, glob) for glob in self.vpcs if traits.vpc))
            and all(key in tags and fnmatchcase(tags[key], glob) for key, glob in self.tags)
        )


@frozen
class Caution:
    """A rule that makes a decision more cautious if the first read of the resource shows that it matches.

    Attributes
    ----------
    mode : Mode
        The highest mode then.
    rule : str
        The name of the rule in records.
    shown : str
        The name of the rule in sentences.
    look : Look
        What it says of the resource.
    remediations : tuple of str
        The ids of the remediations that it concerns.
    """

    mode: Mode
    rule: str
    shown: str
    look: Look
    remediations: tuple[str, ...]


def cautions(
    policy: Policy, runbook: Runbook, finding: Finding, ref: Ref, circumstances: Circumstances
) -> tuple[Caution, ...]:
    """Return the rules that can make a decision more cautious after the first read of the resource.

    They come before the rule that decides. A rule of which it is not known whether it matches counts.
    """
    concerned: dict[int, list[str]] = {}
    circumstances = policy.known(circumstances)
    for id_ in runbook.ids:
        case = Case(runbook.id, finding, ref, id_)
        for index, rule in enumerate(policy.rules):
            match = rule.match(case, circumstances)
            if rule.look and (match.matches or match.unknown):
                concerned.setdefault(index, []).append(id_)
            elif match.matches:
                break
    rules = ((index, policy.rules[index], ids) for index, ids in sorted(concerned.items()))
    return tuple(
        Caution(rule.mode, rule.label(index + 1), rule.shown(index + 1), rule.look, tuple(ids))
        for index, rule, ids in rules
        if rule.look
    )
