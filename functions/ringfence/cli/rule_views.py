"""Rules and the result of a scan, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from ringfence.cli.incident_views import BAD, GOOD, OPEN, SEVERITY_STYLES, plain
from ringfence.cli.layout import count, hanging
from ringfence.cli.sheets import Sheet
from ringfence.posture.rule import SEVERITIES, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ringfence.cli.scan_prospects import Prospects
    from ringfence.posture.rule import Result, Rule
    from ringfence.posture.score import Counts, Tally

MOST_SHOWN = 3
"""Failing resources of a rule in the summary."""
_PASSING, _MIDDLING = 90, 70


def listed_rules(rules: Sequence[Rule]) -> RenderableType:
    """Return a table of rules."""
    rows = [
        (plain(one.name), Text(one.severity, SEVERITY_STYLES[one.severity]), plain(one.remediation or "-"))
        for one in rules
    ]
    table = Sheet(("rule", "severity", "remediation"), rows).drawn()
    return Group(table, Text(), plain(f"{count(len(rules), 'rule')}."))


def scanned(tally: Tally, prospects: Prospects, csv: str, *, full: bool) -> RenderableType:
    """Return what a scan found: the score, and the rules with failing resources, the worst first.

    `csv` is the command that prints all results, if there are any.
    """
    parts: list[RenderableType] = [_score(tally)]
    if tally.score is None:
        return Group(*parts)
    parts.append(Text())
    for name in _worst_first(tally):
        parts += _rule(tally.rules[name], tally.counts[name], tally.failing[name], prospects, full=full)
    purpose, command = Text("All results as CSV", "bold"), Text(csv, no_wrap=True, overflow="ignore")
    return Group(*parts, Text(), purpose, command)


def _score(tally: Tally) -> Text:
    whole, score = tally.whole, tally.score
    if score is None:
        return plain("No resource of a type that a rule is about.", OPEN)
    style = GOOD if score >= _PASSING else OPEN if score >= _MIDDLING else BAD
    told = [f"{whole.passed} passed", f"{whole.failed} failed", f"{whole.not_assessed} not assessed"]
    return Text.assemble(
        ("Score ", "bold"),
        (f"{score}", style),
        f" of 100: {count(tally.resources, 'resource')}, {', '.join(told)}",
    )


def _worst_first(tally: Tally) -> list[str]:
    def rank(name: str) -> tuple[int, int, str]:
        counts = tally.counts[name]
        return (-SEVERITIES.index(tally.rules[name].severity), -counts.failed, name)

    return sorted(tally.failing, key=rank)


def _rule(
    rule: Rule, counts: Counts, failing: Sequence[Result], prospects: Prospects, *, full: bool
) -> Iterator[RenderableType]:
    severity = (rule.severity, SEVERITY_STYLES[rule.severity])
    told = [f"{counts.failed} of {counts.all} failed"] if counts.failed else []
    told += [f"{counts.not_assessed} not assessed"] if counts.not_assessed else []
    yield Text.assemble(severity, "  ", (rule.name, "bold"), f"  {', '.join(told)}")
    ranked = sorted(failing, key=lambda one: one.status is not Status.FAILED)
    shown = ranked if full else ranked[:MOST_SHOWN]
    for one in shown:
        of = one.resource
        place = f"{of.account} {of.region} {of.id}" if of.account else of.name
        yield hanging("  - ", plain(f"{place}: {'; '.join(one.reasons)}"))
        prospect = prospects.of(one, rule)
        if prospect.mode:
            yield hanging("    ", plain(f"{rule.remediation}: {prospect.mode}"))
        if prospect.command:
            # It is one line for the terminal, so that it can be copied.
            yield Text(f"    {prospect.command}", "dim", no_wrap=True, overflow="ignore")
    more = counts.failed + counts.not_assessed - len(shown)
    if more:
        yield plain(f"    and {more} more", "dim")
