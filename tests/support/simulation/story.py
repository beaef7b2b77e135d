"""The story of a run in plain words, and a shorter one that ends as badly."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.support.worlds import Ticking

MOST_RUNS = 40
"""How many runs a shorter story may take."""


@dataclass
class Story:
    """What happened, and when, by whom."""

    clock: Ticking
    wanted: bool = True
    lines: list[str] = field(default_factory=list)

    def tell(self, who: str, words: str) -> None:
        """Add a line, if anybody wants the story."""
        if self.wanted:
            seconds = (self.clock() - NOON).total_seconds()
            self.lines.append(f"{seconds:9.3f}  {who:<34}  {words}")

    def __str__(self) -> str:
        return "\n".join(self.lines)


def kind_of(wrong: str) -> str:
    """Return what is wrong without the names and numbers of one run."""
    return re.sub(r"[\w.@-]*\d[\w.@:-]*", "…", wrong.partition(":")[0])


def shortened(items: Sequence[str], fails: Callable[[Iterable[str]], bool]) -> tuple[str, ...]:
    """Return the items without which it does not fail, by delta debugging.

    `fails` says whether a run without some items fails in the same way.
    """
    left, runs, size = list(items), 0, max(1, len(items) // 2)
    out: list[str] = []
    while size and runs < MOST_RUNS:
        start, shorter = 0, False
        while start < len(left) and runs < MOST_RUNS:
            part = left[start : start + size]
            runs += 1
            if fails([*out, *part]):
                out.extend(part)
                del left[start : start + size]
                shorter = True
            else:
                start += size
        if not shorter or size > len(left):
            size //= 2
    return tuple(out)
