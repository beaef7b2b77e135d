"""Count what would have been done, in bounded memory. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import starmap
from typing import TYPE_CHECKING

from ringfence.engine.replay_limits import Limited
from ringfence.policy.decision import DecisionCode, Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ringfence.engine.replay import Replayed

MOST_KEYS = 20_000
"""The number of different resources, types and days that are counted exactly."""
MOST_SOURCES = 200
"""The number of sources that are counted each by itself."""
MOST_EXAMPLES = 20
"""The number of differences that are kept as examples."""


@dataclass
class BoundedCounter:
    """Counts keys, each by mode. Memory is bounded: beyond `most` keys, the rarest are dropped.

    `dropped` is the number of dropped keys. With it, the counts of rare keys are too low.
    """

    most: int = MOST_KEYS
    counts: dict[str, Counter[Mode]] = field(default_factory=dict)
    dropped: int = 0

    def add(self, key: str, mode: Mode) -> None:
        """Count a decision."""
        if key not in self.counts and len(self.counts) >= self.most:
            self._drop()
        self.counts.setdefault(key, Counter())[mode] += 1

    def top(self, number: int) -> list[tuple[str, Counter[Mode]]]:
        """Return the keys with the most decisions, and their counts by mode."""
        ranked = sorted(self.counts.items(), key=lambda one: (-one[1].total(), one[0]))
        return ranked[:number]

    def _drop(self) -> None:
        """Drop the rarer half, so that dropping costs little on average."""
        kept = self.top(self.most // 2)
        self.dropped += len(self.counts) - len(kept)
        self.counts = dict(kept)


@dataclass
class Difference:
    """How another policy decides. `changes` counts pairs of modes: of the policy, and of the other one."""

    changes: Counter[tuple[Mode, Mode]] = field(default_factory=Counter)
    examples: list[tuple[Replayed, Replayed]] = field(default_factory=list)

    def add(self, one: Replayed, other: Replayed) -> None:
        """Count two decisions about the same remediation of the same resource."""
        if one.mode is other.mode:
            return
        self.changes[one.mode, other.mode] += 1
        if len(self.examples) < MOST_EXAMPLES and _shown(one, other) not in starmap(_shown, self.examples):
            self.examples.append((one, other))


def _shown(one: Replayed, other: Replayed) -> tuple[str, str, str, Mode, Mode]:
    """Return what people see of an example. Several remediations and findings look the same."""
    return one.finding, one.subject, one.runbook, one.mode, other.mode


@dataclass
class Tally:
    """The counts of a replay.

    Attributes
    ----------
    rules : tuple of str
        The names of the policy's rules. Those that no decision names are unused.
    events, invalid : int
        The events that were read, and those that were bad input.
    not_answered : Counter of str
        The events that no runbook answers, by source.
    modes : Counter of Mode
        The decisions by mode.
    codes : Counter of str
        The decisions by the reason for programs.
    runbooks, accounts, types, days, resources, by_rule : BoundedCounter
        The decisions by runbook, account, finding type, day in UTC, resource, and rule of the policy.
    difference : Difference
        Where another policy decides otherwise.
    limited : Limited
        What the policy's limits hold back.
    first, last : str
        The times of the first and the last finding.
    """

    rules: tuple[str, ...] = ()
    events: int = 0
    invalid: int = 0
    not_answered: Counter[str] = field(default_factory=Counter)
    modes: Counter[Mode] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    runbooks: BoundedCounter = field(default_factory=BoundedCounter)
    accounts: BoundedCounter = field(default_factory=BoundedCounter)
    types: BoundedCounter = field(default_factory=BoundedCounter)
    days: BoundedCounter = field(default_factory=BoundedCounter)
    resources: BoundedCounter = field(default_factory=BoundedCounter)
    by_rule: BoundedCounter = field(default_factory=BoundedCounter)
    difference: Difference = field(default_factory=Difference)
    limited: Limited = field(default_factory=Limited)
    first: str = ""
    last: str = ""

    def add(self, found: Iterable[Replayed]) -> None:
        """Count the decisions about one event."""
        for one in found:
            self.modes[one.mode] += 1
            self.codes[one.code.value] += 1
            self.runbooks.add(one.runbook, one.mode)
            self.accounts.add(one.account, one.mode)
            self.types.add(one.finding, one.mode)
            self.days.add(one.day, one.mode)
            self.resources.add(one.subject, one.mode)
            self.by_rule.add(one.rule or one.code.value, one.mode)
            at = one.at.isoformat()
            self.first = min(self.first or at, at)
            self.last = max(self.last, at)

    def leave(self, source: str) -> None:
        """Count an event that no runbook answers. Beyond some sources, the others are counted together."""
        known = source in self.not_answered or len(self.not_answered) < MOST_SOURCES
        self.not_answered[source if known else "others"] += 1

    def compare(self, ones: Sequence[Replayed], others: Sequence[Replayed]) -> None:
        """Count where another policy decides otherwise about the same event."""
        theirs = {key: other for other in others for key in _keys(other)}
        for one in ones:
            for key in _keys(one):
                if key in theirs:
                    self.difference.add(one, theirs[key])
        for one in _only_in(ones, others):
            self.difference.add(one, _unanswered(one))
        for other in _only_in(others, ones):
            self.difference.add(_unanswered(other), other)

    @property
    def decisions(self) -> int:
        """The number of decisions."""
        return self.modes.total()

    @property
    def changed(self) -> int:
        """The number of decisions that the other policy makes differently."""
        return self.difference.changes.total()

    @property
    def unused_rules(self) -> tuple[str, ...]:
        """The rules of the policy that decided nothing."""
        return tuple(name for name in self.rules if name not in self.by_rule.counts)


def _only_in(ones: Sequence[Replayed], others: Sequence[Replayed]) -> list[Replayed]:
    """Return the decisions of runbooks that only one policy leads to, once for each remediation."""
    theirs = {(other.runbook, other.subject) for other in others}
    return [one for one in ones if (one.runbook, one.subject) not in theirs for _ in _keys(one)]


def _unanswered(one: Replayed) -> Replayed:
    reason = f"the policy does not lead to {one.runbook}"
    return replace(one, mode=Mode.OFF, code=DecisionCode.NOT_ANSWERED, rule="", reason=reason)


def _keys(one: Replayed) -> list[tuple[str, str, str]]:
    return [(one.runbook, one.subject, id_) for id_ in one.remediations or ("",)]
