"""The list of incidents: two lines each on a terminal, one row with tabs in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from ringfence.cli.incident_views import SEVERITY_STYLES, STYLES, plain
from ringfence.cli.layout import fitted
from ringfence.cli.times import ago
from ringfence.model.kinds import kind_of
from ringfence.model.person import person
from ringfence.model.step import counted
from ringfence.record.brief import actor_of, reason_of, severity_word
from ringfence.record.shell import typed
from ringfence.record.wording import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ringfence.cli.incident_views import Verified
    from ringfence.record.brief import Brief

_MARGIN = 10
"""The width of the severity at the left."""
_LEAST_NAME = len(" (ab…")
"""The width of a name that is cut off."""


def listed(
    briefs: Sequence[Brief],
    verified: Verified,
    accounts: Mapping[str, str],
    now: datetime,
    width: int,
) -> Iterator[Text]:
    """Yield two lines for each response: how bad, how it stands, which resource; then its id, where and what.

    A line that is longer than `width` ends in an ellipsis. 0: no line is cut off. If a line does not fit,
    all ids are short. Every command accepts a short id. If a resource does not fit, no age is shown.
    """
    if not briefs:
        return
    states = [_state(one, verified, now) for one in briefs]
    ids = max(cell_len(_resource(one)) for one in briefs)
    if width and _MARGIN + max(map(cell_len, states)) + 2 + ids > width:
        states = [said(one.now.runbook, one.status.words) for one in briefs]
    widest = max(map(cell_len, states))
    details = [_details(one, one.now.incident, accounts) for one in briefs]
    if width and any(line.cell_len > width for line in details):
        short = _short_ids(briefs)
        details = [_details(one, short.get(one.now.incident, one.now.incident), accounts) for one in briefs]
    for one, state, second in zip(briefs, states, details, strict=True):
        padded = f"{state}{'':{widest - cell_len(state)}}"
        first = Text.assemble(
            severity_mark(one.severity),
            plain(padded, STYLES.get(one.status.words, "")),
            plain(f"  {_where(one, width - _MARGIN - widest - 2 if width else 0)}"),
        )
        yield fitted(first, width) if width else first
        yield fitted(second, width) if width else second


def _details(one: Brief, id_: str, accounts: Mapping[str, str]) -> Text:
    place = f"  {_account(one, accounts)} {one.place[2]}"
    return Text.assemble(" " * _MARGIN, plain(id_), plain(place, "dim"), plain(f"  {_what(one)}"))


def _short_ids(briefs: Sequence[Brief]) -> dict[str, str]:
    """Return the last part of each id that no other incident in the list has."""
    by_end: dict[str, set[str]] = {}
    for one in briefs:
        by_end.setdefault(one.now.incident.rpartition("-")[2], set()).add(one.now.incident)
    return {min(ids): end for end, ids in by_end.items() if len(ids) == 1}


def summary(briefs: Sequence[Brief]) -> Text:
    """Return how many responses are in which state."""
    counts: dict[str, int] = {}
    for one in briefs:
        state = said(one.now.runbook, one.status.words)
        counts[state] = counts.get(state, 0) + 1
    number = counted(len(briefs), "response")
    each = ", ".join(f"{much} {state}" for state, much in counts.items())
    return Text(f"{number}: {each}", "dim")


def next_for(briefs: Sequence[Brief]) -> tuple[str, str]:
    """Return the next command for a list: about the worst open response, or else about the newest one."""
    open_ = sorted((one for one in briefs if one.open), key=lambda one: -(one.severity or 0))
    if not open_:
        return "To read one:", typed("ringfence", "incidents", "show", briefs[0].now.incident)
    worst = open_[0]
    return "To read the worst open one:", typed("ringfence", "incidents", "show", worst.now.incident)


def severity_mark(severity: float | None) -> Text:
    """Return a severity for the left margin of a list."""
    if severity is None:
        return Text(f"{'-':{_MARGIN}}", "dim")
    word = severity_word(severity)
    number = f"{severity:g}"[: _MARGIN - len(_SHORT[word]) - 2]
    return Text(f"{f'{_SHORT[word]} {number}':{_MARGIN}}", SEVERITY_STYLES[word])


_SHORT = {"critical": "CRIT", "high": "HIGH", "medium": "MEDIUM", "low": "LOW"}


def _state(one: Brief, verified: Verified, now: datetime) -> str:
    state, at = said(one.now.runbook, one.status.words), verified.get(one.now.id)
    return f"{state}, verified {ago(now - at)}" if at else f"{state}, {ago(now - one.since)}"


def _where(one: Brief, room: int) -> str:
    """Return the subject with its name. A name that does not fit may be cut off, and the id may not."""
    shown = _resource(one)
    fits = not room or cell_len(shown) + _LEAST_NAME <= room
    return f"{shown} ({one.name})" if one.name and fits else shown


def _resource(one: Brief) -> str:
    """Return the subject. Many ids show their kind."""
    kind, id_ = one.place[0], one.shown_id
    known = kind_of(kind)
    return id_ if known and not known.precedence else f"{kind} {id_}"


def _account(one: Brief, accounts: Mapping[str, str]) -> str:
    account = one.place[1]
    return f"{account} ({accounts[account]})" if account in accounts else account


def _what(one: Brief) -> str:
    if one.worst is None and (asked := one.run_requested or one.requested):
        return f"{reason_of(asked)} (asked by {person(actor_of(asked))})"
    if one.worst is None:
        return "no finding"
    more = len(one.ranked) - 1
    return f"{one.worst.type} and {more} more" if more else one.worst.type
