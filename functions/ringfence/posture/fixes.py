"""What fixes a failing resource: the command that plans it, and the finding that hands it over. Pure."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import TYPE_CHECKING

from ringfence.events.config.trigger import ConfigTrigger
from ringfence.events.sent.form import VERSION
from ringfence.model.codec import instant_text
from ringfence.model.frozen import frozen
from ringfence.model.kinds import every_kind
from ringfence.model.subject import GLOBAL
from ringfence.policy.decision import Mode
from ringfence.policy.levels import LEVELS
from ringfence.posture.evaluate import in_scope
from ringfence.posture.rule import Status
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from ringfence.model.remediation import Remediation
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.posture.evaluate import Units
    from ringfence.posture.rule import Resource, Result, Rule

MOST = 1_000
"""The failing resources that one scan hands over, at most."""
PRODUCT = "ringfence-scan"
"""The product in the findings of scans. The policy's `mappings` can name it."""
LONGEST_TITLE = 500

Rank = tuple[float, bytes]
"""What resources are compared by: the severity, and a hash."""


@frozen
class Target:
    """What fixes a resource.

    Attributes
    ----------
    runbook : str
        The id of the runbook.
    ref : Ref
        The resource.
    type : str
        The type of the finding that the remediation answers. Empty: it answers no verdict about a setting.
    """

    runbook: str
    ref: Ref
    type: str


def target(rule: Rule, resource: Resource, runbooks: Iterable[Runbook]) -> Target | None:
    """Return what fixes a failing resource.

    None if the rule names no remediation, or one that is about another kind of resource, or if the resource
    has an id that none of its kind can have.
    """
    kind = next((one for one in every_kind().values() if one.config_type == resource.type), None)
    if kind is None or not rule.remediation:
        return None
    for runbook in runbooks:
        for one in runbook.remediations:
            if one.id == rule.remediation and issubclass(kind, one.subject):
                types = {rule_of(type_): type_ for type_ in answered(one)}
                chosen = types.get(rule.config_rule) or next(iter(types.values()), "")
                ref = _ref(kind, resource)
                return Target(runbook.id, ref, chosen) if ref else None
    return None


def answered(one: Remediation) -> tuple[str, ...]:
    """Return the types of the verdicts of AWS Config that a remediation answers."""
    return tuple(type_ for each in one.triggers if isinstance(each, ConfigTrigger) for type_ in each.types)


def rule_of(type_: str) -> str:
    """Return the name of the managed rule in the type of a verdict.

    Examples
    --------
    >>> rule_of("Config:restricted-ssh")
    'restricted-ssh'
    """
    return type_.partition(":")[2]


def _ref(kind: type[Ref], resource: Resource) -> Ref | None:
    # AWS Config identifies users and roles by unique ids. A command needs their names.
    by_id = kind.pattern.fullmatch(resource.id) and kind.regional
    id_ = resource.id if by_id else resource.name or resource.id
    if not kind.pattern.fullmatch(id_):
        return None
    region = resource.region if kind.regional and resource.region not in {"", EVERYWHERE} else GLOBAL
    return kind(resource.account, region, id_)


def command(rule: Rule, resource: Resource, runbooks: Iterable[Runbook]) -> str:
    """Return the command that shows the plan for a failing resource. Without `--dry-run`, it also applies it.

    Empty if nothing fixes the resource.
    """
    found = target(rule, resource, runbooks)
    if found is None:
        return ""
    region = ("--region", found.ref.region) if found.ref.regional else ()
    words = (
        *("ringfence", "run", found.runbook, found.ref.id, "--account", resource.account, *region),
        *("--remediation", rule.remediation, "--reason", f"rule {rule.name}", "--dry-run"),
    )
    return shlex.join(words)


def highest_mode(rule: Rule, resource: Resource, units: Units) -> Mode:
    """Return the highest mode of the remediation of a resource, as the rule says."""
    return next((one.mode for one in rule.modes if in_scope(one.scope, resource, units)), Mode.AUTO)


def violation(one: Result, rule: Rule, found: Target, mode: Mode, at: datetime) -> dict[str, object]:
    """Return the finding that hands a failing resource over, in the form that the API for findings takes."""
    key = found.ref.key
    digest = hashlib.sha256(f"{rule.name} {key}".encode()).hexdigest()[:32]
    words = f"{key} fails the rule {rule.name}: {'; '.join(one.reasons)}"
    return {
        "version": VERSION,
        "id": f"{rule.name[:100]}/{digest}",
        "product": PRODUCT,
        "type": found.type,
        "title": ascii(words)[1:-1][:LONGEST_TITLE],
        "severity": LEVELS[rule.severity],
        "updated_at": instant_text(at),
        "subjects": [key],
        **({} if mode.changes else {"highest_mode": mode.value}),
    }


@dataclass(frozen=True)
class Fix:
    """A failing resource, what fixes it, and the highest mode that its rule allows."""

    result: Result
    target: Target
    highest: Mode


def _allowed(_: Fix) -> str:
    return ""


@dataclass
class Fixes:
    """The failing resources that a remediation fixes.

    If there are too many, those with the highest severity are chosen. Among equals, a hash decides. If their
    order decided, somebody could let so many resources fail that others are never handed over.

    Attributes
    ----------
    rules : mapping of str to Rule
        The rules.
    units : Units
        The organizational units of each account.
    runbooks : tuple of Runbook
        The runbooks.
    most : int
        How many resources are handed over.
    salt : str
        What the hash depends on. Nobody who can choose names of resources may know it before.
    refused : callable
        Returns why a resource must not be handed over. Empty: it may.
    left : Counter of str
        How many are not handed over, by the reason.
    """

    rules: Mapping[str, Rule]
    units: Units
    runbooks: tuple[Runbook, ...]
    most: int = MOST
    salt: str = ""
    refused: Callable[[Fix], str] = _allowed
    left: Counter[str] = field(default_factory=Counter)
    _chosen: list[tuple[Rank, int, Fix]] = field(default_factory=list)
    _seen: int = 0

    def add(self, one: Result) -> None:
        """Take a result. Only what fails and has a remediation counts."""
        rule = self.rules[one.rule]
        if one.status is not Status.FAILED or not rule.remediation:
            return
        found, highest = (
            target(rule, one.resource, self.runbooks),
            highest_mode(rule, one.resource, self.units),
        )
        if found is None or not found.type:
            self.left[f"{rule.name}: {rule.remediation} answers no finding about such a resource"] += 1
        elif not (highest.changes or highest.asks):
            self.left[f"{rule.name}: the rule sets the mode {highest}"] += 1
        else:
            self._choose(Fix(one, found, highest))

    def _choose(self, one: Fix) -> None:
        """Take a resource if it comes before another, and nothing refuses it."""
        rank, full = self.rank(one), len(self._chosen) >= self.most
        comes_before = not full or rank > self._chosen[0][0]
        if comes_before and (why := self.refused(one)):
            self.left[why] += 1
            return
        if full:
            self.left[f"more than {self.most} in one scan: scan again"] += 1
        if comes_before:
            self._seen += 1
            (heappushpop if full else heappush)(self._chosen, (rank, self._seen, one))

    def rank(self, one: Fix) -> Rank:
        """Return what a resource is compared by with others. The highest ones are chosen."""
        rule = self.rules[one.result.rule]
        words = f"{self.salt} {rule.name} {one.target.ref.key}"
        return LEVELS[rule.severity], hashlib.sha256(words.encode()).digest()

    @property
    def found(self) -> list[Fix]:
        """The resources that are handed over, in the order in which they were read."""
        return [one for _, _, one in sorted(self._chosen, key=lambda each: each[1])]

    def finding(self, one: Fix, at: datetime) -> dict[str, object]:
        """Return the finding that hands a failing resource over."""
        return violation(one.result, self.rules[one.result.rule], one.target, one.highest, at)
