"""`ringfence scan`: judge recorded items of AWS Config by rules as code. Offline, without AWS."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.choices import OneOf
from ringfence.cli.text import is_terminal, row, safe
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.posture.rule import Resource, Result, Rule
    from ringfence.posture.score import Tally

FORMATS = ("table", "json", "jsonl", "csv")
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
    "command",
)
BELOW = 3
LISTS = ("configurationItems",)
"""The member of a snapshot that contains the items."""


@click.command(short_help="Judge items of AWS Config by rules as code, with a score.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--rules",
    "rule_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file or folder with rules. Can be repeated. Default: the rules that are shipped.",
)
@click.option("--library", is_flag=True, help="Use the shipped rules in addition to those of --rules.")
@click.option("--profile", default="", metavar="FRAMEWORK", help="Use only the rules for this framework.")
@click.option("--format", "form", type=OneOf(*FORMATS), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--html", type=click.Path(path_type=Path), help="Also write a page with charts to this file.")
@click.option("--full", is_flag=True, help="Show all failing resources, instead of three of each rule.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="SCORE",
    help="Exit with code 3 if the score is lower.",
)
@click.pass_context
def scan(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    rule_paths: tuple[Path, ...],
    library: bool,
    profile: str,
    form: str,
    as_json: bool,
    html: Path | None,
    full: bool,
    fail_under: float | None,
) -> None:
    """Judge the items of AWS Config in PATH by rules, and compute the score.

    PATH is a file, a folder, or - for standard input: a snapshot of AWS Config, the output of
    `aws configservice select-resource-config` or `get-resource-config-history`, or one item on each line.
    Files can be compressed with gzip. Nothing is read from AWS. If an item lacks a field that a rule needs,
    the resource is not assessed. It then counts as not passed.

    Exit code 0: scanned. 1: an item cannot be read. 2: bad input. 3: the score is below --fail-under.
    """
    form = "json" if as_json else form
    rules = {one.name: one for one in _rules(rule_paths, profile, library=library)}
    done = _scanned(paths, rules, _SINKS[form](rules))
    for problem in done.problems:
        click.echo(safe(problem), err=True)
    if form == "table":
        _print(done, full=full)
    elif form == "json":
        click.echo(json.dumps(_summary(done.tally)))
    if html:
        _write(html, done, profile)
    score = done.tally.score
    below = fail_under is not None and (score is None or score < fail_under)
    ctx.exit(1 if done.problems else BELOW if below else 0)


def _write(path: Path, done: _Done, profile: str) -> None:
    from ringfence.cli.scan_page import page
    from ringfence.runbooks.compliance import framework

    of = framework(profile) if profile else None
    made = datetime.now(UTC)
    text = page(done.tally, made, profile=of, skipped=done.skipped, problems=done.problems)
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        words = f"cannot be written: {error.strerror or 'input/output error'}"
        raise BadInput("--html", words, str(path)) from error


def _print(done: _Done, *, full: bool) -> None:
    """Print the summary: a page on a terminal, and a line for each rule in a pipe."""
    if is_terminal():
        from ringfence.cli.incident_views import show
        from ringfence.cli.rule_views import scanned

        show(scanned(done.tally, full=full))
    else:
        for name, counts in done.tally.counts.items():
            rule = done.tally.rules[name]
            numbers = (counts.passed, counts.failed, counts.not_assessed)
            click.echo(row(name, rule.severity, *numbers, rule.remediation))
        score = done.tally.score
        told = "none: no resource of a type that a rule is about" if score is None else score
        click.echo(f"Score: {told}", err=True)
    if done.skipped:
        types = ", ".join(f"{count} {type_}" for type_, count in sorted(done.skipped.items()))
        click.echo(safe(f"No rule is about: {types}"), err=True)


@dataclass
class _Done:
    """What a scan found, and what it could not read."""

    tally: Tally
    problems: list[str] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)


def _rules(paths: tuple[Path, ...], profile: str, *, library: bool) -> Iterator[Rule]:
    from ringfence.cli.rules import chosen_controls, load
    from ringfence.posture.library import LIBRARY

    controls = chosen_controls(profile) if profile else None
    found = load((*paths, LIBRARY) if library or not paths else paths)
    rules = [one.rule for one in found if controls is None or controls.intersection(one.rule.controls)]
    if not rules:
        raise BadInput("--profile", "must leave at least one rule", profile)
    yield from rules


def _scanned(paths: tuple[str, ...], rules: Mapping[str, Rule], sink: Callable[[Result], None]) -> _Done:
    from ringfence.posture.evaluate import results
    from ringfence.posture.score import Tally

    done = _Done(Tally(rules))
    for resource in _resources(paths, done):
        found = tuple(results(rules.values(), resource, {}))
        done.tally.add(found)
        for one in found:
            sink(one)
        if not found:
            done.skipped[resource.type] = done.skipped.get(resource.type, 0) + 1
    return done


def _resources(paths: tuple[str, ...], done: _Done) -> Iterator[Resource]:
    """Yield the resources in files. What cannot be read is a problem, and the rest is read."""
    from ringfence.cli.event_stream import paths_of, read_file, size_of
    from ringfence.cli.progress import progress
    from ringfence.model.document import Document
    from ringfence.posture.items import documents_in, resource_of

    names = paths_of(paths)
    with progress(size_of(names)) as report:
        for name in names:
            for read in read_file(name, report, LISTS):
                if read.error:
                    done.problems.append(f"{read.place}: {read.error}")
                    continue
                try:
                    for item in documents_in(Document.of(read.document)):
                        resource = resource_of(item)
                        if resource is not None:
                            yield resource
                except BadInput as error:
                    done.problems.append(f"{read.place}: {error}")


def _summary(tally: Tally) -> dict[str, object]:
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
    }


def command_of(one: Result, rule: Rule) -> str:
    """Return the command that plans the remediation of a resource that fails. Empty if there is none."""
    from ringfence.posture.fixes import command
    from ringfence.posture.rule import Status
    from ringfence.runbooks.catalogue import CATALOGUE

    return command(rule, one.resource, CATALOGUE.values()) if one.status is Status.FAILED else ""


def _cells(one: Result, rule: Rule) -> tuple[object, ...]:
    of = one.resource
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
        command_of(one, rule),
    )


def _quiet(rules: Mapping[str, Rule]) -> Callable[[Result], None]:
    del rules
    return lambda _: None


def _csv(rules: Mapping[str, Rule]) -> Callable[[Result], None]:
    from ringfence.cli.csv_cells import cell

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    return lambda one: writer.writerow([cell(value) for value in _cells(one, rules[one.rule])])


def _lines(rules: Mapping[str, Rule]) -> Callable[[Result], None]:
    def write(one: Result) -> None:
        values = dict(zip(COLUMNS, _cells(one, rules[one.rule]), strict=True))
        click.echo(json.dumps({**values, "reasons": list(one.reasons)}))

    return write


_SINKS = {"table": _quiet, "json": _quiet, "csv": _csv, "jsonl": _lines}
