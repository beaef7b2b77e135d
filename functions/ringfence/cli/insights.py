"""`ringfence insights`: search logs for signs of an attack. Offline, without AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.insight_activity import FOUND, MOST_SHOWN, activity
from ringfence.cli.insight_logs import Searches
from ringfence.cli.text import is_terminal, row, safe
from ringfence.model.errors import BadInput
from ringfence.model.suggestions import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.insights.flow_files import FlowFiles
    from ringfence.insights.query import Query


@click.group(cls=Searches, short_help="Search logs for signs of an attack.")
def insights() -> None:
    """Search logs for signs of an attack. Offline, without AWS.

    A path instead of a command searches its logs: `ringfence insights PATH`. Records of CloudTrail are
    searched as by `activity`, and flow logs as by `network`. The first file decides.
    """


insights.add_command(activity)


@insights.command(short_help="Search VPC flow logs.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--query", "ids", multiple=True, metavar="ID", help="Run only this query. Can be repeated.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Set a parameter of the queries. Can be repeated.",
)
@click.option(
    "--addresses",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file with addresses to look for, one on each line.",
)
@click.option(
    "--contained",
    multiple=True,
    metavar="ADDRESS=TIME",
    help="An address that is contained, and since when: 10.0.3.7=2027-01-31T12:00Z. Can be repeated.",
)
@click.option("--athena", is_flag=True, help="Print the queries for Athena, and read no file.")
@click.option("--full", is_flag=True, help="Show all rows, instead of the first ten of each query.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each row.")
def network(  # noqa: PLR0913 - the options of a command
    *,
    paths: tuple[Path, ...],
    ids: tuple[str, ...],
    settings: tuple[str, ...],
    addresses: Path | None,
    contained: tuple[str, ...],
    athena: bool,
    full: bool,
    as_json: bool,
) -> None:
    """Search the VPC flow logs in PATH for beacons, scans, exfiltration, and traffic of contained addresses.

    PATH is a file or a folder. A file contains lines in the default format, lines with a header, or Parquet.
    Files with lines can be compressed with gzip. Lines that cannot be read are counted and left out, and the
    first ones are named.

    Exit code 0: nothing was found. 1: nothing was found, and a line cannot be read. 2: bad input. 3:
    something was found.
    """
    from ringfence.insights.athena import athena_sql

    queries = tuple(_queries(ids, listed=addresses is not None, contained=bool(contained)))
    values = _values(settings, queries)
    if athena:
        for one in queries:
            click.echo(f"-- {one.id}: {one.title}\n{athena_sql(one, _own(one, values))};\n")
        return
    if not paths:
        raise BadInput("PATH", "is required: a file or a folder with flow logs")
    from ringfence.insights.flow_files import FlowFiles

    files = FlowFiles(tuple(_files(paths)), _addresses(addresses), dict(map(_contained, contained)))
    found = _print(files, queries, values, full=full, as_json=as_json)
    _tell(files)
    click.get_current_context().exit(FOUND if found else int(files.rejected > 0))


def _tell(files: FlowFiles) -> None:
    """Print what was read, and what was not."""
    from ringfence.cli.layout import count

    for one in files.named:
        click.echo(safe(one), err=True)
    left = f", {count(files.rejected, 'line')} cannot be read" if files.rejected else ""
    click.echo(f"{count(files.lines, 'record')}{left}", err=True)
    if files.skipped:
        said = f"{count(files.skipped, 'record')} with the status SKIPDATA: AWS did not record these flows"
        click.echo(said, err=True)


def _print(
    files: FlowFiles, queries: tuple[Query, ...], values: dict[str, float], *, full: bool, as_json: bool
) -> bool:
    found = False
    for query in queries:
        rows = tuple(files.answers(query, _own(query, values)))
        found = found or bool(rows)
        if as_json:
            for one in rows:
                told = {"query": query.id, "severity": query.severity, "technique": query.technique}
                click.echo(json.dumps({**told, "row": one}))
        elif is_terminal():
            _show(query, rows, full=full)
        else:
            for one in rows:
                click.echo(row(query.id, query.severity, *one.values()))
    return found


def _show(query: Query, rows: tuple[dict[str, object], ...], *, full: bool) -> None:
    from ringfence.cli.incident_views import show
    from ringfence.cli.insight_views import found

    if rows:
        show(*found(query, rows if full else rows[:MOST_SHOWN], len(rows)))


def _queries(ids: tuple[str, ...], *, listed: bool, contained: bool) -> Iterator[Query]:
    """Yield the chosen queries. Without a choice, all that have the tables that they need."""
    from ringfence.insights.network import PACK
    from ringfence.insights.query import CONTAINED, LISTED

    known = {one.id: one for one in PACK}
    given = {LISTED: listed, CONTAINED: contained}
    options = {LISTED: "--addresses", CONTAINED: "--contained"}
    for id_ in ids:
        if id_ not in known:
            raise unknown("--query", id_, known)
        for table in known[id_].tables:
            if not given[table]:
                raise BadInput(options[table], f"is required by the query {id_}")
    for one in PACK:
        if one.id in ids or (not ids and all(given[table] for table in one.tables)):
            yield one


def _values(settings: tuple[str, ...], queries: tuple[Query, ...]) -> dict[str, float]:
    known = {parameter.name for one in queries for parameter in one.parameters}
    found: dict[str, float] = {}
    for text in settings:
        name, _, number = text.partition("=")
        if name not in known:
            raise unknown("--set", name, sorted(known))
        try:
            found[name] = float(number)
        except ValueError:
            raise BadInput("--set", f"must be {name}=NUMBER", text) from None
        if not 0 <= found[name] < 1e15:  # noqa: PLR2004 - no count or number of bytes is larger
            raise BadInput("--set", f"must be {name}=NUMBER, and the number must not be negative", text)
    return found


def _own(query: Query, values: dict[str, float]) -> dict[str, float]:
    names = {one.name for one in query.parameters}
    return {name: value for name, value in values.items() if name in names}


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    from ringfence.insights.flow_files import SUFFIXES

    for path in paths:
        if path.is_dir():
            found = sorted(one for one in path.rglob("*") if one.suffix in SUFFIXES and one.is_file())
            if not found:
                raise BadInput("PATH", f"must contain files that end in {', '.join(SUFFIXES)}", str(path))
            yield from found
        else:
            yield path


def _addresses(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    from ringfence.cli.reading import text_of
    from ringfence.insights.addresses import addresses_in

    return addresses_in("--addresses", text_of("--addresses", path))


def _contained(text: str) -> tuple[str, int]:
    from ringfence.insights.addresses import address_of

    address, _, time = text.partition("=")
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        raise BadInput(
            "--contained", "must be ADDRESS=TIME, such as 10.0.3.7=2027-01-31T12:00Z", text
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return address_of("--contained", address), int(at.timestamp())
