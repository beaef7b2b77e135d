"""The changes of a response, each once: what was done, from which value to which, and with what result.

Import the catalogue of runbooks first, so that the steps can be read. A step that cannot is shown as stored.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.record.facts import RELEASE, Result
from ringfence.record.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ringfence.record.summary import Summary
    from ringfence.record.timeline import Row

BEGUN = "begun"
"""The result of a change whose outcome is not recorded."""
DONE = frozenset({Result.APPLIED})


@frozen
class Change:
    """One change. `at`: when it was recorded, before it was made. `undo`: it is part of a release.

    `by`: who made it, a function or a person. `finished`: when its outcome was recorded, or None.
    """

    words: str
    before: str
    after: str
    at: datetime
    result: str = BEGUN
    detail: str = ""
    undo: bool = False
    by: str = ""
    finished: datetime | None = None

    @property
    def applied(self) -> bool:
        """Whether it was made."""
        return self.result in DONE

    def as_json(self) -> dict[str, object]:
        """Return it as JSON data."""
        finished = self.finished.isoformat() if self.finished else None
        return {**asdict(self), "at": self.at.isoformat(), "finished": finished}


def changes(now: Summary, rows: Sequence[Row] | None = None) -> tuple[Change, ...]:
    """Return the changes in the order of their first attempt, each with the result of its last one.

    `rows` are those of the timeline, if they are known.
    """
    tried: dict[str, Change] = {}
    for line, row in zip(now.lines, rows or timeline(one.entry for one in now.lines), strict=True):
        intent = str(line.fact.value.get("intent"))
        told = row.rendered
        if line.kind == "Intended":
            undo = line.fact.value.get("stage") == RELEASE
            tried[intent] = Change(
                told.step or told.words, told.before, told.after, row.at, undo=undo, by=row.actor
            )
        elif line.kind == "Outcome" and intent in tried:
            result = str(line.fact.value.get("result"))
            detail = str(line.fact.value.get("detail") or "")
            tried[intent] = replace(tried[intent], result=result, detail=detail, finished=row.at)
    return _each_once(tuple(tried.values()))


def _each_once(tried: Sequence[Change]) -> tuple[Change, ...]:
    """Return each change that was made, and of each other one the newest attempt.

    A change that was undone by somebody and made again is there twice.
    """
    found: list[Change] = []
    places: dict[tuple[bool, str], int] = {}
    for one in tried:
        place = places.get((one.undo, one.words))
        if place is None or (found[place].applied and one.applied):
            places[one.undo, one.words] = len(found)
            found.append(one)
        elif not found[place].applied:
            found[place] = one
    return tuple(found)
