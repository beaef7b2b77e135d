"""The conditions of `ringfence replay --fail-if`."""

from __future__ import annotations

import operator
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.suggestions import similar
from ringfence.policy.decision import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.engine.replay_tally import Tally

OPERATORS: Mapping[str, Callable[[int, int], bool]] = MappingProxyType(
    {
        ">=": operator.ge,
        "<=": operator.le,
        "==": operator.eq,
        "!=": operator.ne,
        ">": operator.gt,
        "<": operator.lt,
    }
)


def _of_mode(mode: Mode) -> Callable[[Tally], int]:
    return lambda tally: tally.modes[mode]


METRICS: Mapping[str, Callable[[Tally], int]] = MappingProxyType(
    {
        **{mode.value: _of_mode(mode) for mode in Mode},
        "events": lambda tally: tally.events,
        "invalid": lambda tally: tally.invalid,
        "not-answered": lambda tally: tally.not_answered.total(),
        "decisions": lambda tally: tally.decisions,
        "changed": lambda tally: tally.changed,
        "limited": lambda tally: tally.limited.held,
        "breakers": lambda tally: tally.limited.opened,
        "unused-rules": lambda tally: len(tally.unused_rules),
    }
)
"""What a condition can compare: the decisions of each mode, and other counts."""
_CONDITION = re.compile(rf"\s*([a-z-]+)\s*({'|'.join(OPERATORS)})\s*([0-9]+)\s*")


@frozen
class FailIf:
    """A condition such as `auto > 50`."""

    text: str
    metric: str
    comparison: str
    number: int

    @classmethod
    def parsed(cls, text: str) -> FailIf:
        """Read a condition. Raises BadInput that says what is possible."""
        match = _CONDITION.fullmatch(text)
        if not match:
            raise BadInput("--fail-if", f"must be NAME, one of {' '.join(OPERATORS)}, and a number", text)
        if match[1] not in METRICS:
            problem = f"must name one of {', '.join(METRICS)}"
            raise BadInput("--fail-if", problem, match[1], similar(match[1], METRICS))
        return cls(text.strip(), match[1], match[2], int(match[3]))

    def value(self, tally: Tally) -> int:
        """Return what is compared."""
        return METRICS[self.metric](tally)

    def holds(self, tally: Tally) -> bool:
        """Return whether the condition is true."""
        return OPERATORS[self.comparison](self.value(tally), self.number)
