"""The output of a scan: a summary, and each result as CSV or JSON."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO

    from ringfence.cli.scan_files import Done
    from ringfence.cli.scan_prospects import Prospects
    from ringfence.posture.manual import ManualControl
    from ringfence.posture.rule import Result, Rule

COLUMNS = (
    "account",
    "region",
    "type",
    "resource",
    "rule",
    "severity",
    "status",
    "reasons",
    "remediation",
    "mode",
    "command",
    "evidence",
    "owner",
    "date",
    "expires",
)
"""The columns. The last four are those of manual controls."""


def summary(done: Done) -> dict[str, object]:
    """Return the score and the counts of each rule, as JSON."""
    tally, whole = done.tally, done.tally.whole
    return {
        "score": tally.score,
        "resources": tally.resources,
        "passed": whole.passed,
        "failed": whole.failed,
        "not_assessed": whole.not_assessed,
        "rules": [
            {
                "rule": name,
                "severity": tally.rules[name].severity,
                "remediation": tally.rules[name].remediation or None,
                "passed": counts.passed,
                "failed": counts.failed,
                "not_assessed": counts.not_assessed,
            }
            for name, counts in tally.counts.items()
        ],
        "not_looked_at": [
            {"account": place.account, "region": place.region, "reason": why} for place, why in done.unseen
        ],
        "not_read": list(done.problems),
        "manual_controls": [one.as_json(done.today) for one in done.manual],
    }


def _cells(one: Result, rule: Rule, prospects: Prospects, manual: ManualControl | None) -> tuple[object, ...]:
    of, prospect = one.resource, prospects.of(one, rule)
    return (
        of.account,
        of.region,
        of.type,
        of.id,
        one.rule,
        rule.severity,
        one.status.value,
        "; ".join(one.reasons),
        rule.remediation,
        prospect.mode,
        prospect.command,
        *_evidence(manual),
    )


def _evidence(manual: ManualControl | None) -> tuple[object, ...]:
    if manual is None:
        return ("", "", "", "")
    found = manual.evidence
    return (found.text, manual.owner, found.made, found.expires) if found else ("", manual.owner, "", "")


def _quiet(
    rules: Mapping[str, Rule], prospects: Prospects, manual: Mapping[str, ManualControl], out: TextIO
) -> Callable[[Result], None]:
    del rules, prospects, manual, out
    return lambda _: None


def _csv(
    rules: Mapping[str, Rule], prospects: Prospects, manual: Mapping[str, ManualControl], out: TextIO
) -> Callable[[Result], None]:
    from ringfence.cli.csv_cells import cell

    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)

    def write(one: Result) -> None:
        values = _cells(one, rules[one.rule], prospects, manual.get(one.rule))
        writer.writerow([cell(value) for value in values])

    return write


def _lines(
    rules: Mapping[str, Rule], prospects: Prospects, manual: Mapping[str, ManualControl], out: TextIO
) -> Callable[[Result], None]:
    def write(one: Result) -> None:
        cells = _cells(one, rules[one.rule], prospects, manual.get(one.rule))
        values = {name: str(value) for name, value in zip(COLUMNS, cells, strict=True)}
        click.echo(json.dumps({**values, "reasons": list(one.reasons)}), out)

    return write


def _ocsf(
    rules: Mapping[str, Rule], prospects: Prospects, manual: Mapping[str, ManualControl], out: TextIO
) -> Callable[[Result], None]:
    from ringfence.posture.ocsf import compliance_finding

    del manual

    def write(one: Result) -> None:
        rule = rules[one.rule]
        made = compliance_finding(one, rule, prospects.now, prospects.of(one, rule).command)
        click.echo(json.dumps(made), out)

    return write


SINKS = {"table": _quiet, "json": _quiet, "csv": _csv, "jsonl": _lines, "ocsf": _ocsf}
"""Returns the function for each result, which writes it to a file, by the format."""
