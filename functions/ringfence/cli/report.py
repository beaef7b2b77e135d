"""`ringfence report`: the posture as a page or as a table, from the last scheduled scan or from files."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, TextIO, cast

import click

from ringfence.cli.choices import OneOf
from ringfence.cli.output import note
from ringfence.cli.period import BEFORE_ALL, Since, Until, check_period
from ringfence.cli.scan_rules import library_option, profile_option
from ringfence.cli.settings import AUDIT_TABLE, SCAN_BUCKET, Home, home_options
from ringfence.cli.text import safe
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.cli.report_sources import Source
    from ringfence.cli.report_views import Report

HTML, JSON, LINES, PARQUET = "html", "json", "jsonl", "parquet"
DEFAULT_PERIOD = timedelta(days=30)


@frozen
class Wanted:
    """What is to be written. `changes`: also what Ringfence changed."""

    form: str
    policy: Path | None
    now: datetime
    changes: bool


@click.command(short_help="Write a report of the last scheduled scan, or of files.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--format",
    "form",
    type=OneOf(HTML, JSON, LINES, "csv", "ocsf", PARQUET),
    default=HTML,
    show_default=True,
    help="What to write.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--out", type=click.Path(path_type=Path), help="The file. Default: standard output.")
@click.option(
    "--since",
    type=Since(),
    help="The period begins at this time: 7d, 12h, 30m, or a date or time in UTC. Default: 30 days before "
    "its end, or with PATH the first scan.",
)
@click.option("--until", type=Until(), help="The period ends at this time. A date means the whole day.")
@profile_option
@click.option(
    "--rules",
    "rule_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file or folder with the rules and manual controls of the scan. Can be repeated. Default: the "
    "rules that are shipped.",
)
@library_option
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="The policy file: it has the exemptions, and the mode of each remediation. Default: policy.yaml in "
    "this folder.",
)
@home_options(AUDIT_TABLE, SCAN_BUCKET)
@click.pass_context
def report(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    home: Home,
    *,
    paths: tuple[str, ...],
    form: str,
    as_json: bool,
    out: Path | None,
    since: datetime | None,
    until: datetime | None,
    profile: str,
    rule_paths: tuple[Path, ...],
    library: bool,
    policy: Path | None,
) -> None:
    """Write a report of the posture: one page of HTML without scripts, which loads nothing.

    Without PATH, the report is about the last scheduled scan of the period, whose results are in the bucket
    of the scans. It has the scores of the period, and what Ringfence changed in it. PATH is a folder with a
    copy of that bucket (`aws s3 sync`), or files with items of AWS Config, which are judged now. Then the
    changes are read from the audit log only with --since.

    The page has a summary, the score and its history, the requirements of each framework and what no rule
    covers, accounts and regions, failing resources with what to do, what Ringfence changed with its evidence,
    exemptions with owner and expiry, and manual controls. `json` has the same. `csv`, `jsonl` and `ocsf` have
    one line for each result: OCSF's Compliance Findings. `parquet` has the same columns as `csv`.

    What was not looked at, and what cannot be read, is named. It never counts as passed.

    Exit code 0: written. 1: something cannot be read, or was not looked at. 2: bad input.
    """
    from ringfence.cli.report_sources import Chosen, source_of

    check_period(since, until)
    now = datetime.now(UTC)
    end = until or now
    start = since or (BEFORE_ALL if paths else end - DEFAULT_PERIOD)
    chosen = Chosen(start, end, profile, rule_paths, library=library)
    source = source_of(home, paths, chosen)
    wanted = Wanted(JSON if as_json else form, policy, now, changes=not paths or since is not None)
    with _output(out, wanted.form) as file:
        made = _made(source, home, wanted, file)
    if out:
        note(f"Wrote {out}.")
    for told in (*made.done.told, *made.done.warnings):
        click.echo(safe(told), err=True)
    ctx.exit(1 if made.done.told else 0)


def _made(source: Source, home: Home, wanted: Wanted, out: TextIO) -> Report:
    """Write the report, and return it."""
    from ringfence.cli.pages import MOST_ROWS
    from ringfence.cli.report_views import Report
    from ringfence.cli.scan_options import ScanOptions
    from ringfence.cli.scan_outputs import SINKS
    from ringfence.cli.scan_scope import ANY_ACCOUNT, prospects_of
    from ringfence.cli.scan_sections import changed, exempted

    form, chosen, now = wanted.form, source.chosen, wanted.now
    prospects = prospects_of(ScanOptions(home, wanted.policy, None))
    manual = {one.name: one for one in source.manual}
    rows = {HTML: "table", PARQUET: LINES}.get(form, form)
    sink = SINKS[rows](source.rules, prospects, manual, out)
    done = source.done(sink)
    exempt, changes = exempted(prospects.policy(ANY_ACCOUNT), now), None
    if form in {HTML, JSON} and wanted.changes:
        most = None if form == JSON else MOST_ROWS
        changes = changed(home, chosen.since, chosen.until, now, most)
    made = Report(done, source, now, prospects, exempt, changes)
    if form == HTML:
        click.echo(made.page(), out, nl=False)
    elif form == JSON:
        click.echo(json.dumps(made.value()), out)
    return made


@contextmanager
def _output(path: Path | None, form: str) -> Iterator[TextIO]:
    """Return the file to write to. Raises BadInput if it cannot be written.

    For Parquet, the lines are converted in the end.
    """
    if form == PARQUET:
        from ringfence.cli.scan_parquet import write_parquet

        if path is None:
            raise BadInput("--out", f"is required by --format {PARQUET}")
        with NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as lines:
            yield cast("TextIO", lines)
            lines.flush()
            write_parquet(Path(lines.name), path)
        return
    if path is None:
        yield sys.stdout
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        words = f"cannot be written: {error.strerror or 'input/output error'}"
        raise BadInput("--out", words, str(path)) from error
