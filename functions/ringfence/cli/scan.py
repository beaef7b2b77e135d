"""`ringfence scan`: judge the items of AWS Config by rules as code: recorded ones, or those of the scope."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.again import options_given
from ringfence.cli.choices import OneOf
from ringfence.cli.period import check_period
from ringfence.cli.scan_options import scan_options
from ringfence.cli.scan_rules import framework_of, library_option, profile_option, rules_of
from ringfence.cli.text import is_terminal, row, safe
from ringfence.model.errors import BadInput
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.cli.scan_files import Done
    from ringfence.cli.scan_options import ScanOptions
    from ringfence.cli.scan_prospects import Prospects
    from ringfence.posture.file import Loaded
    from ringfence.posture.fixes import Fixes
    from ringfence.posture.rule import Result, Rule

FORMATS = ("table", "json", "jsonl", "csv", "ocsf")
BELOW = 3
_OTHER_OUTPUT = (
    *("form", "as_json", "full", "html", "changes_since", "changes_until", "scores", "fix", "plans", "yes"),
    "fail_under",
)
"""The options of a scan that are about what becomes of its results."""


@click.command(short_help="Judge items of AWS Config by rules as code, with a score.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--rules",
    "rule_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file or folder with rules. Can be repeated. Default: the rules that are shipped.",
)
@library_option
@profile_option
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
@scan_options
def scan(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    given: ScanOptions,
    /,
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
    Files can be compressed with gzip. Of several items of a resource, only the newest one counts. If an item
    lacks a field that a rule needs, the resource is not assessed. It then counts as not passed.

    Manual controls in the files of --rules count as one result each. Evidence that expired does not count as
    passed. What expired, and what expires within 30 days, is named.

    With --live, the items are read from AWS Config in each account and region of the policy's scope, with
    the role `ringfence-scan` of each account, which the managed policy `ringfence-scanner` allows to assume.
    What could not be looked at is named, with the reason.

    --html writes a page with a summary, the failing resources, the requirements of frameworks, the manual
    controls and the exemptions of the policy, with --changes-since what Ringfence changed, and with --scores
    the scores of the scheduled scans. `ringfence report` writes it about the last scheduled scan.

    With --fix, failing resources that a remediation can fix are sent to Ringfence as your findings, after
    you agree. The policy then decides as for a verdict of AWS Config. The next scan shows which are fixed.

    Exit code 0: scanned. 1: an item cannot be read, something was not looked at, or a finding was not
    accepted. 2: bad input. 3: the score is below --fail-under.
    """
    from ringfence.cli.scan_outputs import SINKS, summary
    from ringfence.cli.scan_scope import prospects_of

    form = "json" if as_json else form
    _check_changes(given, html)
    loaded, manual = rules_of(rule_paths, profile, library=library)
    rules = {one.rule.name: one.rule for one in loaded} | {one.name: one.rule for one in manual}
    fixes, prospects = _fixes(given, rules), prospects_of(given)
    sink = SINKS[form](rules, prospects, {one.name: one for one in manual}, sys.stdout)
    done = _scanned(paths, given, loaded, _both(sink, fixes))
    done.add_manual(manual, prospects.now.date(), sink)
    for told in (*done.told, *done.warnings):
        click.echo(safe(told), err=True)
    if form == "table":
        _print(done, prospects, _as_csv(paths), full=full)
    elif form == "json":
        click.echo(json.dumps(summary(done)))
    if html:
        _write(html, done, prospects, profile, given)
    refused = _handed_over(given, fixes) if fixes else 0
    score = done.tally.score
    below = fail_under is not None and (score is None or score < fail_under)
    ctx.exit(1 if done.told or refused else BELOW if below else 0)


def _fixes(given: ScanOptions, rules: Mapping[str, Rule]) -> Fixes | None:
    from ringfence.cli.scan_scope import units_of
    from ringfence.posture.fixes import Fixes
    from ringfence.runbooks.catalogue import CATALOGUE

    return Fixes(rules, units_of(given), tuple(CATALOGUE.values())) if given.fix or given.plans else None


def _both(sink: Callable[[Result], None], fixes: Fixes | None) -> Callable[[Result], None]:
    def both(one: Result) -> None:
        sink(one)
        if fixes:
            fixes.add(one)

    return both


def _handed_over(given: ScanOptions, fixes: Fixes) -> int:
    from ringfence.cli.scan_fix import handed_over
    from ringfence.cli.scan_plans import show_plans
    from ringfence.cli.scan_scope import environment

    env = environment(given.live)
    if given.plans:
        show_plans(given, fixes, env.run)
    return handed_over(given, fixes, env.clock(), env.send, asks=env.asks()) if given.fix else 0


def _scanned(
    paths: tuple[str, ...], given: ScanOptions, loaded: list[Loaded], sink: Callable[[Result], None]
) -> Done:
    """Judge items: of the files, or of AWS Config. Raises BadInput if it is unclear which."""
    from ringfence.cli.scan_files import scanned_files
    from ringfence.cli.scan_live import scanned_live

    if given.live and paths:
        raise BadInput("PATH", "must not be given with --live, which reads from AWS Config", paths[0])
    if given.live:
        return scanned_live(given, given.live, loaded, sink)
    if not paths:
        raise BadInput("PATH", "must be given, or --live")
    return scanned_files(paths, {one.rule.name: one.rule for one in loaded}, sink)


def _check_changes(given: ScanOptions, html: Path | None) -> None:
    check_period(given.changes_since, given.changes_until)
    if given.changes_until and not given.changes_since:
        raise BadInput("--changes-until", "needs --changes-since")
    for name, value in (("--changes-since", given.changes_since), ("--scores", given.scores)):
        if value and not html:
            raise BadInput(name, "needs --html")


def _write(path: Path, done: Done, prospects: Prospects, profile: str, given: ScanOptions) -> None:
    from ringfence.cli.output import note
    from ringfence.cli.scan_history import scans_of
    from ringfence.cli.scan_page import page
    from ringfence.cli.scan_scope import ANY_ACCOUNT
    from ringfence.cli.scan_sections import changed, exempted

    made = datetime.now(UTC)
    since, until = given.changes_since, given.changes_until
    scans = scans_of(given.home) if given.scores else None
    text = page(
        done,
        made,
        prospects=prospects,
        profile=framework_of(profile),
        exempt=exempted(prospects.policy(ANY_ACCOUNT), made),
        changes=changed(given.home, since, until, made) if since else None,
        scans=scans,
    )
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        words = f"cannot be written: {error.strerror or 'input/output error'}"
        raise BadInput("--html", words, str(path)) from error
    note(f"Wrote {path}.")


def _as_csv(paths: tuple[str, ...]) -> str:
    """Return the present command, but for all results as CSV."""
    return typed("ringfence", "scan", *paths, *options_given(*_OTHER_OUTPUT), "--format", "csv")


def _print(done: Done, prospects: Prospects, csv: str, *, full: bool) -> None:
    """Print the summary: a page on a terminal, and a line for each rule in a pipe.

    `csv` is the command that prints all results.
    """
    if is_terminal():
        from ringfence.cli.incident_views import show
        from ringfence.cli.rule_views import scanned

        show(scanned(done.tally, prospects, csv, full=full))
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
