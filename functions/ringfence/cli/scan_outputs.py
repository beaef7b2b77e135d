"""The output of a scan: a summary, and each result as CSV or JSON."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ringfence.cli.scan_prospects import Prospects
    from ringfence.model.place import Place
    from ringfence.posture.rule import Result, Rule
    from ringfence.posture.score import Tally

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
)


def summary(tally: Tally, unseen: Iterable[tuple[Place, str]]) -> dict[str, object]:
    """Return the score and the counts of each rule, as JSON."""
    whole = tally.whole
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
            {"account": place.account, "region": place.region, "reason": why} for place, why in unseen
        ],
    }


def _cells(one: Result, rule: Rule, prospects: Prospects) -> tuple[object, ...]:
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
    )


def _quiet(rules: Mapping[str, Rule], prospects: Prospects) -> Callable[[Result], None]:
    del rules, prospects
    return lambda _: None


def _csv(rules: Mapping[str, Rule], prospects: Prospects) -> Callable[[Result], None]:
    from ringfence.cli.csv_cells import cell

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    return lambda one: writer.writerow([cell(value) for value in _cells(one, rules[one.rule], prospects)])


def _lines(rules: Mapping[str, Rule], prospects: Prospects) -> Callable[[Result], None]:
    def write(one: Result) -> None:
        values = dict(zip(COLUMNS, _cells(one, rules[one.rule], prospects), strict=True))
        click.echo(json.dumps({**values, "reasons": list(one.reasons)}))

    return write


def _ocsf(rules: Mapping[str, Rule], prospects: Prospects) -> Callable[[Result], None]:
    from ringfence.posture.ocsf import compliance_finding

    def write(one: Result) -> None:
        rule = rules[one.rule]
        click.echo(json.dumps(compliance_finding(one, rule, prospects.now, prospects.of(one, rule).command)))

    return write


SINKS = {"table": _quiet, "json": _quiet, "csv": _csv, "jsonl": _lines, "ocsf": _ocsf}
"""The function for each result, by the format."""
