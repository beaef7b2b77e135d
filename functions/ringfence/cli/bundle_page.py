"""The page of a bundle or of an export: its responses, their changes, and who decided what.

It is made from the entries alone, so that a verification can make it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.cli.decision_rows import COLUMNS
from ringfence.cli.export_rows import RESPONSE_COLUMNS
from ringfence.cli.pages import rendered
from ringfence.model.frozen import frozen
from ringfence.record.changes import changes
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ringfence.record.chain import Entry
    from ringfence.record.changes import Change

_SHOWN = (
    *("incident", "state", "severity", "kind", "id", "name", "account", "region", "runbook", "worst_finding"),
    *("opened", "verified", "mode", "requested_by", "approved_by", "release_requested_by"),
)
"""The columns of `responses.csv` that the page shows."""
_DECIDED = ("at", "incident", "what", "result", "who", "reason")
"""The columns of `decisions.csv` that the page shows."""


@frozen
class Response:
    """A response. `hash` is that of its newest entry, which covers all before it."""

    told: Mapping[str, str]
    changes: tuple[Change, ...]
    hash: str


@dataclass
class BundlePage:
    """The responses and the decisions so far."""

    responses: list[Response] = field(default_factory=list)
    decisions: list[Mapping[str, str]] = field(default_factory=list)

    def add_response(self, row: Sequence[object], entries: Sequence[Entry]) -> None:
        """Add a response, with its row of `responses.csv`."""
        import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported

        told = dict(zip(RESPONSE_COLUMNS, map(str, row), strict=True))
        shown = {name: told[name] for name in _SHOWN}
        self.responses.append(Response(shown, changes(Summary.of(entries)), entries[-1].hash))

    def add_decisions(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows of `decisions.csv`."""
        for row in rows:
            told = dict(zip(COLUMNS, row, strict=True))
            self.decisions.append({name: str(told[name]) for name in _DECIDED})

    def text(self, scope: str, checked: Sequence[str] | None = None) -> str:
        """Return the page. Every text of an entry is escaped.

        Parameters
        ----------
        scope
            What the page is about, in words.
        checked
            What is wrong with the chains of the entries. None: the verification of a bundle will tell.

        Returns
        -------
        str
            HTML.

        """
        made = sum(one.applied and not one.undo for each in self.responses for one in each.changes)
        return rendered(
            "bundle.html",
            scope=scope,
            checked=checked,
            responses=self.responses,
            decisions=self.decisions,
            made=made,
            minute=_minute,
        )


def _minute(text: str | datetime) -> str:
    """Return a time to the minute."""
    return f"{text:%Y-%m-%d %H:%M}" if not isinstance(text, str) else text[:16].replace("T", " ")
