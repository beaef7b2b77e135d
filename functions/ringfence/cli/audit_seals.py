"""Ask Ringfence's function about the seals of many incidents, some at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING, cast

from ringfence.cli.seals import NOT_CHECKED, IncidentSeals, with_seals
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ringfence.engine.ports import SideBySide
    from ringfence.record.integrity import ChainVerdict

AT_ONCE = 8
"""Incidents that are asked about in parallel. The function answers others meanwhile."""


@dataclass
class SealWalk:
    """The seals of many responses.

    Attributes
    ----------
    ask : function of an incident
        Asks the API.
    side_by_side : SideBySide
        Runs the questions in parallel.
    counts : dict
        The entries by what their seals prove, and the responses that were not checked.
    problem : str
        The first reason why a response was not checked. Empty if all were.
    """

    ask: Callable[[str], IncidentSeals]
    side_by_side: SideBySide
    counts: dict[str, int] = field(
        default_factory=lambda: {"sealed": 0, "unsealed": 0, "forged": 0, "unchecked": 0, "responses": 0}
    )
    problem: str = ""
    _unreachable: bool = False

    def checked(self, verdicts: Iterable[ChainVerdict]) -> Iterator[ChainVerdict]:
        """Yield each result with the entries that are not authentic. The results are sorted by incident."""
        incidents = ((id_, tuple(each)) for id_, each in groupby(verdicts, key=lambda one: one.incident))
        while some := tuple(islice(incidents, AT_ONCE)):
            seals = self._asked([id_ for id_, _ in some])
            for (_, each), found in zip(some, seals, strict=True):
                yield from (self._with(one, found) for one in each)

    def _asked(self, incidents: list[str]) -> tuple[IncidentSeals, ...]:
        """Ask about some incidents. Ask no more once the API answered nothing about several."""
        if self._unreachable:
            return tuple(IncidentSeals({}, self.problem) for _ in incidents)
        answers = self.side_by_side([partial(self.ask, one) for one in incidents])
        found = tuple(cast("IncidentSeals", one) for one in answers)
        self._unreachable = len(found) == AT_ONCE and not any(one.by_chain for one in found)
        return found

    def _with(self, verdict: ChainVerdict, found: IncidentSeals) -> ChainVerdict:
        seals = found.of(verdict.chain)
        if seals.problem:
            self.problem = self.problem or seals.problem
            self.counts["responses"] += 1
            return verdict
        self.counts["sealed"] += seals.sealed
        for name, seqs in (
            ("unsealed", seals.unsealed),
            ("forged", seals.forged),
            ("unchecked", seals.unchecked),
        ):
            self.counts[name] += len(seqs)
        if seals.unchecked:
            self.problem = self.problem or seals.missing
        return with_seals(verdict, seals)

    def as_json(self) -> dict[str, object]:
        """Return the counts for machines."""
        names = {"responses": "responses_not_checked"}
        return {
            **{names.get(name, name): number for name, number in self.counts.items()},
            "reason": self.problem,
        }

    def lines(self) -> Iterator[str]:
        """Yield the counts in words."""
        counts = self.counts
        if counts["sealed"] or counts["unsealed"] or counts["forged"]:
            yield (
                f"the function checked seals: {counted(counts['sealed'], 'entry is')} sealed, "
                f"{counted(counts['unsealed'], 'is')} not sealed, "
                f"{counted(counts['forged'], 'is')} not authentic"
            )
        if counts["responses"] or counts["unchecked"]:
            yield (
                f"{NOT_CHECKED}{counted(counts['responses'], 'response')} and "
                f"{counted(counts['unchecked'], 'other entry')}: {self.problem}"
            )
