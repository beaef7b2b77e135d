"""The explanations of events, as text, as a table by decision, and as JSON. Without a terminal library."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from ringfence.cli.text import columns, row, safe, shortened, wrapped
from ringfence.engine.explanation import Status
from ringfence.model.step import counted
from ringfence.policy.decision import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.engine.explanation import Answered, Explanation
    from ringfence.model.subject import Ref

MOST_SHOWN = 5
"""Up to this number of events, each is shown. Beyond it, a table summarizes them."""
MOST_ROWS = 40
"""The rows of the table, and the bad inputs that are named."""
MOST_KEYS = 2000
"""The different rows that are counted. Beyond them, the others are counted together."""
_HANG = " " * 16
"""What follows a label starts in this column."""
_Row = tuple[str, str, str]
_OTHERS: _Row = ("", "", "others")


@dataclass
class Explained:
    """What was explained so far. `shown` are the first events, and their places."""

    statuses: Counter[Status] = field(default_factory=Counter)
    rows: Counter[_Row] = field(default_factory=Counter)
    shown: list[tuple[str, Explanation]] = field(default_factory=list)
    faults: list[tuple[str, Explanation]] = field(default_factory=list)

    def add(self, place: str, one: Explanation) -> None:
        """Count an event. Memory is bounded."""
        self.statuses[one.status] += 1
        if len(self.shown) <= MOST_SHOWN:
            self.shown.append((place, one))
        if one.status is Status.INVALID:
            if len(self.faults) < MOST_ROWS:
                self.faults.append((place, one))
            return
        key = (one.mode or one.status, one.runbook or "-", _about(one))
        self.rows[key if key in self.rows or len(self.rows) < MOST_KEYS else _OTHERS] += 1

    @property
    def few(self) -> bool:
        """Whether each event is shown."""
        return len(self.shown) <= MOST_SHOWN


def _about(one: Explanation) -> str:
    return one.finding.type if one.finding and one.finding.type else one.reason


def as_text(place: str, explanation: Explanation) -> str:
    """Return one explanation in words."""
    each = (f"  {label:<13} {shortened(text)}" for label, text in _details(explanation))
    rows = "\n".join(line for one in each for line in wrapped(one, hang=_HANG))
    return f"{safe(place)}: {explanation.status}\n{rows}"


def summed_up(found: Explained, note: str = "") -> Iterator[str]:
    """Yield the lines of the table by decision, and the bad inputs with their places.

    `note` describes the source of the policy, if it is not a file.
    """
    total = found.statuses.total()
    parts = (f"{found.statuses[one]:,} {one}" for one in Status if found.statuses[one])
    yield f"{counted(total, 'event')}: {', '.join(parts)}"
    modes: Counter[str] = Counter()
    for (mode, _, _), count in found.rows.items():
        modes[mode] += count
    decided = (f"{modes[mode]:,} {mode}" for mode in reversed(Mode) if modes[mode])
    yield f"modes: {', '.join(decided) or 'none'}"
    if note:
        yield from wrapped(f"policy: {note}")
    yield ""
    yield from _table(found.rows)
    for place, one in found.faults:
        yield from wrapped(f"{place}: {shortened(one.reason)}")
    if (unnamed := found.statuses[Status.INVALID] - len(found.faults)) > 0:
        yield f"and {unnamed:,} more that are invalid"
    yield "To see each of them: --full"


def _table(rows: Counter[_Row]) -> Iterator[str]:
    ranked = sorted(rows.items(), key=lambda one: (-one[1], one[0]))
    cells: list[tuple[str, ...]] = [("events", "mode", "runbook", "finding")]
    cells += [(f"{count:,}", *(safe(shortened(cell)) for cell in key)) for key, count in ranked[:MOST_ROWS]]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    if ranked and not columns():
        yield from (row(*one) for one in cells)
    for count, mode, runbook, finding in cells if ranked and columns() else ():
        line = f"{count:>{widths[0]}}  {mode:<{widths[1]}}  {runbook:<{widths[2]}}  {finding}"
        yield from wrapped(line, hang=" " * (widths[0] + 2))
    if (unnamed := len(ranked) - MOST_ROWS) > 0:
        yield f"and {counted(unnamed, 'more kind')}"
    if ranked:
        yield ""


def as_json(name: str, place: str, explanation: Explanation) -> dict[str, object]:
    """Return one explanation as JSON data. `place` is where in the file the event is."""
    shown: dict[str, object] = {
        "file": name,
        "place": place,
        "status": explanation.status,
        "finding": asdict(explanation.finding) if explanation.finding else None,
        "subjects": _refs(explanation.subjects),
        "runbook": explanation.runbook,
        "remediations": list(explanation.remediations),
        "mode": explanation.mode,
        "reason": explanation.reason,
        "answers": [_answer(one) for one in explanation.answers],
    }
    if explanation.status is Status.INVALID:
        shown["error"] = {"field": explanation.field, "problem": explanation.problem}
    return shown


def _answer(one: Answered) -> dict[str, object]:
    return {
        "runbook": one.runbook,
        "finding": one.finding,
        "mode": one.mode,
        "subjects": _refs(one.subjects),
        "remediations": list(one.remediations),
        "reason": one.reason,
    }


def _refs(refs: Iterable[Ref]) -> list[dict[str, str]]:
    return [{"kind": ref.kind, **asdict(ref)} for ref in refs]


def _holder(ref: Ref) -> str:
    """Return whom a credential belongs to. Exemptions of this user or role cover it as well."""
    if not ref.holder:
        return ""
    return (
        f" of {ref.holder} {ref.reported_holder}" if ref.reported_holder else f" of an unnamed {ref.holder}"
    )


def _details(explanation: Explanation) -> Iterator[tuple[str, str]]:
    if about := explanation.finding:
        severity = "" if about.severity is None else f", severity {about.severity:g}"
        yield "finding", f"{about.type or 'without a type'}{severity}, id {about.id or 'missing'}"
        if about.title:
            yield "title", about.title
        yield "account", f"{about.account or 'missing'} in {about.region or 'no region'}"
    for ref in explanation.subjects:
        yield "subject", f"{ref.kind} {ref.id}{_holder(ref)}, account {ref.account} in {ref.region}"
    if explanation.runbook:
        yield "runbook", explanation.runbook
    if explanation.remediations:
        yield "remediations", ", ".join(explanation.remediations)
    if explanation.mode:
        yield "mode", explanation.mode
    yield "why", explanation.reason
