"""The score of a scan. Pure. Everybody can compute it again from the results.

    score = 100 * sum(weight * passed) / sum(weight * (passed + failed + not assessed))

The sums are over all rules and manual controls. A rule has one result for each resource that it is about, and
a manual control has one. The severity has a weight. What was not looked at counts as if it had failed: a scan
that was denied something does not have a better score than one that was not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.posture.rule import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.posture.rule import Result, Rule

WEIGHTS = MappingProxyType({"low": 1, "medium": 3, "high": 5, "critical": 10})
"""The weight of a result, by the severity of its rule."""
MOST_FAILING = 1_000
"""The failing resources that a tally remembers of each rule. It counts all of them."""


@dataclass
class Counts:
    """The results of a rule, counted."""

    passed: int = 0
    failed: int = 0
    not_assessed: int = 0

    @property
    def all(self) -> int:
        """The number of results."""
        return self.passed + self.failed + self.not_assessed

    def add(self, status: Status) -> None:
        """Count one more result."""
        name = status.name.lower()
        setattr(self, name, getattr(self, name) + 1)


def score(counted: Iterable[tuple[str, Counts]]) -> float | None:
    """Return the score, from 0 to 100, with one decimal. None if there is no result.

    `counted` are severities of rules and their counts.

    Examples
    --------
    >>> score([("high", Counts(passed=3, failed=1)), ("low", Counts(passed=5))])
    80.0
    """
    pairs = tuple(counted)
    whole = sum(WEIGHTS[severity] * counts.all for severity, counts in pairs)
    passed = sum(WEIGHTS[severity] * counts.passed for severity, counts in pairs)
    return round(100 * passed / whole, 1) if whole else None


@dataclass
class Tally:
    """What a scan has found so far.

    Its size depends on the number of rules and of places, not of resources. `places` has the counts of an
    account and region, by the severity of the rules.
    """

    rules: Mapping[str, Rule]
    counts: dict[str, Counts] = field(default_factory=dict)
    failing: dict[str, list[Result]] = field(default_factory=dict)
    places: dict[tuple[str, str], dict[str, Counts]] = field(default_factory=dict)
    resources: int = 0

    def add(self, results: Iterable[Result]) -> None:
        """Count the results of one resource."""
        self.resources += 1
        for one in results:
            self.count(one)
            place = self.places.setdefault((one.resource.account, one.resource.region), {})
            place.setdefault(self.rules[one.rule].severity, Counts()).add(one.status)

    def count(self, one: Result) -> None:
        """Count a result that can be about no resource, such as that of a manual control."""
        self.counts.setdefault(one.rule, Counts()).add(one.status)
        if one.status is not Status.PASSED:
            known = self.failing.setdefault(one.rule, [])
            if len(known) < MOST_FAILING:
                known.append(one)

    @property
    def whole(self) -> Counts:
        """All results, counted."""
        every = self.counts.values()
        return Counts(
            sum(one.passed for one in every),
            sum(one.failed for one in every),
            sum(one.not_assessed for one in every),
        )

    @property
    def score(self) -> float | None:
        """The score of all results."""
        return score((self.rules[name].severity, counts) for name, counts in self.counts.items())
