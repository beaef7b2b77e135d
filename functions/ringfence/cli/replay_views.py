"""The result of a replay on a terminal, as JSON and as CSV."""

from __future__ import annotations

import csv
import json
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING

import click
from rich.text import Text

from ringfence.cli.csv_cells import cell
from ringfence.cli.incident_views import plain, show, show_sheet
from ringfence.cli.sheets import Cells, Sheet
from ringfence.engine.replay_limits import SHARE
from ringfence.model.step import counted
from ringfence.policy.decision import Mode
from ringfence.policy.limits import CLUSTER, GROUP, ROLE, TARGET_GROUP, VPC

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Sequence

    from ringfence.engine.replay import Replayed
    from ringfence.engine.replay_limits import Limited
    from ringfence.engine.replay_tally import BoundedCounter, Tally

MOST_ROWS = 10
COLUMNS = (
    "at",
    "source",
    "finding",
    "severity",
    "account",
    "region",
    "runbook",
    "subject",
    "mode",
    "rule",
    "code",
    "remediations",
    "reason",
)
LIMIT = "limit"
"""The last column: the limit because of which a person is asked instead. Empty: none."""
NOT_KNOWN_HERE = (
    "Without AWS it is not known what tags, groups and organizational units a resource has. Rules about them "
    "can make a decision more cautious."
)

_SCOPES = MappingProxyType(
    {
        VPC: "VPCs",
        GROUP: "Auto Scaling groups",
        CLUSTER: "clusters",
        ROLE: "roles of instances",
        TARGET_GROUP: "target groups",
        SHARE: "shares of groups",
    }
)
"""The scopes that an event may not name, in words."""


def csv_writer() -> Callable[[Replayed, str], None]:
    """Print the header, and return a function that prints one decision as a line of CSV."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow((*COLUMNS, LIMIT))

    def write(one: Replayed, limit: str) -> None:
        cells = [*(getattr(one, name) for name in COLUMNS), limit]
        writer.writerow([cell(one) for one in cells])

    return write


def show_json(tally: Tally, notes: Sequence[tuple[str, str]]) -> None:
    """Print the counts as one JSON object."""
    shown = {
        "events": tally.events,
        "invalid": tally.invalid,
        "decisions": tally.decisions,
        "first": tally.first or None,
        "last": tally.last or None,
        "modes": {mode.value: tally.modes[mode] for mode in Mode},
        "codes": dict(tally.codes.most_common()),
        "runbooks": _counts(tally.runbooks),
        "accounts": _counts(tally.accounts),
        "findings": _counts(tally.types),
        "days": _counts(tally.days),
        "rules": _counts(tally.by_rule),
        "unused_rules": list(tally.unused_rules),
        "resources": _counts(tally.resources, MOST_ROWS),
        "dropped_resources": tally.resources.dropped,
        "limits": _limits(tally.limited),
        "not_answered": dict(tally.not_answered.most_common()),
        "changed": [
            {"from": one.value, "to": other.value, "count": count}
            for (one, other), count in tally.difference.changes.most_common()
        ],
        "examples": [_example(one, other) for one, other in tally.difference.examples],
        "errors": [{"place": place, "problem": problem} for place, problem in notes],
    }
    click.echo(json.dumps(shown, indent=2))


def _limits(limited: Limited) -> dict[str, object]:
    return {
        "counted": limited.counted,
        "held": limited.held,
        "by_limit": dict(limited.by_limit.most_common()),
        "breakers_opened": limited.opened,
        "breakers": [
            {
                "limit": one.limit,
                "most": one.most,
                "opened_at": one.opened_at.isoformat(),
                "closes_at": one.closes_at.isoformat(),
                "held": one.held,
            }
            for one in limited.breakers
        ],
        "left_out": limited.left_out,
        "not_known": dict(limited.not_known.most_common()),
    }


def _counts(counter: BoundedCounter, most: int | None = None) -> dict[str, dict[str, int]]:
    rows = counter.top(most or counter.most)
    return {key: {mode.value: found[mode] for mode in Mode if found[mode]} for key, found in rows}


def _example(one: Replayed, other: Replayed) -> dict[str, str]:
    return {
        "finding": one.finding,
        "subject": one.subject,
        "runbook": one.runbook,
        "from": one.mode.value,
        "to": other.mode.value,
        "rule": other.rule,
    }


def show_tally(tally: Tally) -> None:
    """Print the counts as tables."""
    for part in _parts(tally):
        if isinstance(part, Sheet):
            show_sheet(part)
            click.echo()
        else:
            show(part)


def _parts(tally: Tally) -> Iterator[Sheet | Text]:
    between = f", {tally.first[:10]} to {tally.last[:10]}" if tally.first else ""
    yield Text(f"{_number(tally.events, 'event')}{between}: {_number(tally.decisions, 'decision')}", "bold")
    if tally.invalid:
        yield Text(f"{_number(tally.invalid, 'document')} could not be read as an event", "yellow")
    yield Text()
    if tally.decisions:
        yield _modes(tally.modes)
    for title, counter in (
        ("By runbook", tally.runbooks),
        ("By account", tally.accounts),
        ("By rule", tally.by_rule),
        ("Resources with the most decisions", tally.resources),
    ):
        if counter.counts:
            yield _sheet(title, counter)
    yield from _held(tally.limited)
    if tally.unused_rules:
        yield plain(f"Rules that decided nothing: {', '.join(tally.unused_rules)}", "yellow")
    if tally.not_answered:
        sources = ", ".join(f"{source} {count}" for source, count in tally.not_answered.most_common(5))
        yield plain(f"Not answered by any runbook: {tally.not_answered.total()} ({sources})")
    if tally.difference.changes:
        yield _differences(tally)
    yield Text(NOT_KNOWN_HERE, "dim")


def _number(count: int, what: str) -> str:
    return counted(count, what)


def _modes(modes: Counter[Mode]) -> Sheet:
    rows = [(mode.value, f"{modes[mode]:,}") for mode in reversed(Mode) if modes[mode]]
    return Sheet(("Mode", "Decisions"), rows, right=frozenset({1}))


def _sheet(title: str, counter: BoundedCounter) -> Sheet:
    rows = counter.top(MOST_ROWS)
    used = [mode for mode in reversed(Mode) if any(found[mode] for _, found in rows)]
    cells: list[Cells] = [
        (plain(key), *(f"{found[mode]:,}" if found[mode] else "" for mode in used)) for key, found in rows
    ]
    right = frozenset(range(1, len(used) + 1))
    note = _more(len(counter.counts) - len(rows))
    return Sheet(("", *(mode.value for mode in used)), cells, right=right, title=title, note=note)


def _more(left: int) -> str:
    return f"and {left:,} more" if left else ""


def held_words(limited: Limited) -> str:
    """Return in words what the limits hold back."""
    words = (
        f"Limits: {_number(limited.counted, 'decision')} of mode auto can break a workload. A person "
        f"is asked about {limited.held:,} of them, because a limit is used up."
    )
    left = f" {limited.left_out:,} more were not counted against limits." if limited.left_out else ""
    unknown = ", ".join(
        f"{what} ({limited.not_known[scope]:,})"
        for scope, what in _SCOPES.items()
        if limited.not_known[scope]
    )
    missing = f" Not counted, because the events do not name them: {unknown}." if unknown else ""
    return f"{words}{left}{missing}"


def _held(limited: Limited) -> Iterator[Sheet | Text]:
    """Yield what the limits hold back, and the breakers that open."""
    if not limited.counted:
        return
    yield plain(held_words(limited), "yellow" if limited.held else "")
    if limited.breakers:
        yield _breakers(limited)


def _breakers(limited: Limited) -> Sheet:
    shown = limited.breakers[:MOST_ROWS]
    rows = [
        (plain(one.limit), f"{one.most}", f"{one.opened_at:%Y-%m-%d %H:%M}", f"{one.held:,}") for one in shown
    ]
    return Sheet(
        ("Limit", "Allows", "Opens (UTC)", "Asked"),
        rows,
        right=frozenset({1, 3}),
        title=f"Breakers that open: {limited.opened:,}",
        note=_more(limited.opened - len(shown)),
    )


def _differences(tally: Tally) -> Sheet:
    examples = {(one.mode, other.mode): one for one, other in reversed(tally.difference.examples)}
    rows: list[Cells] = []
    for (one, other), count in tally.difference.changes.most_common():
        example = examples.get((one, other))
        named = f"{example.finding} on {example.subject}" if example else ""
        rows.append((one.value, other.value, f"{count:,}", plain(named)))
    return Sheet(
        ("From", "To", "Remediations", "For example"),
        rows,
        right=frozenset({2}),
        folded=frozenset({3}),
        title=f"The other policy decides otherwise about {_number(tally.changed, 'remediation')}",
    )
