"""The look of a scheduled scan at one place: a few types at a time, as long as the execution lasts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.handlers.scans.plan import narrowed
from ringfence.model.codec import canonical
from ringfence.model.frozen import replace
from ringfence.posture.kept import RESULTS, UNSEEN
from ringfence.posture.look import Look
from ringfence.posture.reach import Reach
from ringfence.posture.rule import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ringfence.handlers.scans.handing import Handing
    from ringfence.handlers.scans.plan import Files
    from ringfence.handlers.scans.timed import Timed
    from ringfence.model.place import Place
    from ringfence.model.runbook import Runbook
    from ringfence.posture.fixes import Fixes
    from ringfence.posture.kept import Ending, Judged
    from ringfence.posture.reach import Wanted
    from ringfence.record.scans import PlaceResults

AT_ONCE = 8
"""The types of one query. What was read is kept after each query, so a look is continued between two."""


@dataclass
class PlaceLook:
    """Looks at a place. `broken` is what could not be read or handed over now, and perhaps can be later."""

    place: Place
    wanted: Wanted
    files: Files
    handing: Handing
    runbooks: tuple[Runbook, ...]
    most: int
    broken: list[str] = field(default_factory=list)

    def make(self, kept: PlaceResults, timed: Timed, at_once: int) -> Iterator[PlaceResults]:
        """Yield the results after each query. They end with the time, or when no type is left."""
        while kept.left:
            some = kept.left[:at_once]
            found = self._read(some, timed)
            if found is None:
                return
            kept = _together(kept, found, some)
            yield kept

    def _read(self, types: Sequence[str], timed: Timed) -> _Found | None:
        """Read some types, and keep and hand over what was found. None if the time was over before."""
        wanted = narrowed(self.wanted, types)
        found = _Found(Counter(), self.handing.fixes(wanted, self.runbooks, self.most, timed.clock()))

        def fill(write: Callable[[str], None]) -> bool:
            def take(judged: Judged) -> None:
                write(judged.text)
                found.add(judged)

            reach = Reach(timed, timed.clock, timed.wait)
            found.ending = Look(self.place, wanted, reach, take).make()
            return not timed.is_over

        self.files.lines(self._name(RESULTS, types, "jsonl.gz"), fill)
        if timed.is_over:
            return None
        if found.ending and found.ending.unseen:
            self.files.text(
                self._name(UNSEEN, types, "json"), canonical({"not_looked_at": list(found.ending.unseen)})
            )
        if found.ending and not found.ending.whole:
            self.broken += found.ending.unseen
        handed = self.handing.over(found.fixes, timed)
        found.handed_over = handed.accepted
        self.broken += handed.lost
        return found

    def _name(self, prefix: str, types: Sequence[str], ending: str) -> str:
        first = types[0].replace("::", "-")
        return f"{prefix}/{self.wanted.scan}/{self.place.account}/{self.place.region}/{first}.{ending}"


@dataclass
class _Found:
    """What was found in some types of a place: the number of results of each rule, by status."""

    counts: Counter[tuple[str, Status]]
    fixes: Fixes
    ending: Ending | None = None
    handed_over: int = 0

    def add(self, judged: Judged) -> None:
        """Take a resource."""
        for one in judged.results:
            self.counts[one.rule, one.status] += 1
            self.fixes.add(one)


def _together(kept: PlaceResults, found: _Found, types: Sequence[str]) -> PlaceResults:
    """Return the results of a place with those of some more types."""
    counts = dict(kept.counts)
    for name in {name for name, _ in found.counts}:
        passed, failed, not_assessed = counts.get(name, (0, 0, 0))
        counts[name] = (
            passed + found.counts[name, Status.PASSED],
            failed + found.counts[name, Status.FAILED],
            not_assessed + found.counts[name, Status.NOT_ASSESSED],
        )
    ending = found.ending
    new = replace(
        kept,
        left=tuple(one for one in kept.left if one not in types),
        counts=counts,
        resources=kept.resources + (sum(ending.counts.values()) if ending else 0),
        handed_over=kept.handed_over + found.handed_over,
    )
    return new.with_unseen(ending.unseen if ending else ())
