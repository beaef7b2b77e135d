"""What was changed, as rows: each attempt at a change, with its result and who decided about it.

Import the catalogue of runbooks first, so that the steps can be read. A step that cannot is shown as stored.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

from ringfence.record.changes import BEGUN
from ringfence.record.deciders import Deciders
from ringfence.record.summary import Summary
from ringfence.record.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.record.chain import Entry
    from ringfence.record.summary import Line
    from ringfence.record.timeline import Row

COLUMNS = (
    *("at", "finished", "incident", "runbook", "subject", "entry"),
    *("change", "before", "after", "result", "detail", "by"),
    *("mode", "decision", "policy", "requested_by", "request", "approved_by", "approval", "hash"),
)
"""The columns. `at` is when the change was recorded, before it was made, and `entry` is the number of this
entry. `policy` is the SHA-256 of the policy file that decided, and `hash` is that of the newest entry about
the change."""


def change_rows(entries: Sequence[Entry]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each attempt at a change, in the order in which they were recorded."""
    now, rows = Summary.of(entries), timeline(entries)
    ended = {_intent(one): one for one in now.lines if one.kind == "Outcome"}
    deciders = Deciders()
    for index, (line, row) in enumerate(zip(now.lines, rows, strict=True)):
        if line.kind != "Intended":
            continue
        if index == 0 or now.lines[index - 1].kind != "Intended":  # those of one plan were decided together
            deciders = Deciders.of_change(Summary.of(entries[: index + 1]))
        yield _row(now, line, row, ended.get(_intent(line)), deciders)


def _row(now: Summary, line: Line, row: Row, ended: Line | None, deciders: Deciders) -> tuple[object, ...]:
    told = row.rendered
    return (
        *(line.at, ended.at if ended else "", now.incident, now.runbook, now.subject, line.entry.seq),
        *(told.step or told.words, told.before, told.after),
        (ended.fact.optional_text("result") if ended else BEGUN) or "",
        (ended.fact.optional_text("detail") if ended else "") or "",
        row.actor,
        *astuple(deciders),
        (ended or line).entry.hash,
    )


def _intent(one: Line) -> str:
    return one.fact.optional_text("intent") or ""
