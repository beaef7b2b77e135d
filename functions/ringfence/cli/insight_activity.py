"""`ringfence insights activity`: search CloudTrail's records with rules. Offline, without AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import is_terminal, row, safe
from ringfence.model.errors import BadInput
from ringfence.model.suggestions import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.insights.activity.detection import Detection
    from ringfence.insights.activity.evaluate import Activity
    from ringfence.insights.activity.rule import Rule
    from ringfence.insights.activity.selecting import Networks

NOT_READ, FOUND = 1, 3
MOST_SHOWN = 10
MOST_PROBLEMS = 50
"""Problems that are printed. The others are counted."""


@click.command(short_help="Search CloudTrail's records.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--rule", "ids", multiple=True, metavar="ID", help="Use only this rule. Can be repeated.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="RULE.NAME=NUMBER",
    help="Set a number of a rule, such as denied-burst.count=30. Can be repeated.",
)
@click.option(
    "--sigma",
    "sigma",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Also use the Sigma rules for CloudTrail in this file or folder. Can be repeated.",
)
@click.option(
    "--networks",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A list of address ranges with their AS numbers and countries, between tabs.",
)
@click.option("--findings", is_flag=True, help="Print findings for `ringfence findings send`.")
@click.option("--mappings", is_flag=True, help="Print the policy's `mappings` for the rules; read no file.")
@click.option("--full", is_flag=True, help="Show all, instead of the first ten of each rule.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each.")
@click.pass_context
def activity(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    ids: tuple[str, ...],
    settings: tuple[str, ...],
    sigma: tuple[Path, ...],
    networks: Path | None,
    findings: bool,
    mappings: bool,
    full: bool,
    as_json: bool,
) -> None:
    """Search the records of CloudTrail in PATH for suspicious activity.

    PATH is a file, a folder, or - for standard input: log files of CloudTrail, events of EventBridge, the
    output of `aws cloudtrail lookup-events`, or one record on each line. Files can be compressed with gzip.
    The records can be in any order.

    Exit code 0: nothing was found. 1: a record cannot be read, or a Sigma rule cannot be imported. 2: bad
    input. 3: something was found.
    """
    left_out: list[str] = []
    rules = tuple(_changed(_chosen(ids, _imported(sigma, left_out)), settings))
    if mappings:
        from ringfence.insights.activity.answers import mappings_text

        click.echo(mappings_text(rules), nl=False)
        return
    if not paths:
        raise BadInput("PATH", "is required: a file or a folder with records of CloudTrail")
    if findings and as_json:
        raise BadInput("--findings", "must not be given together with --json")
    done, problems = _read(paths, rules, _networks(networks))
    for one in left_out:
        click.echo(safe(one), err=True)
    found = tuple(done.detections())
    if findings:
        problems += [_not_sent(one) for one in found if not one.subjects]
    _print(found, findings=findings, as_json=as_json, full=full)
    _tell(done, problems)
    ctx.exit(NOT_READ if problems or left_out else FOUND if found else 0)


def _imported(paths: tuple[Path, ...], left_out: list[str]) -> Iterator[Rule]:
    """Yield the rules of Sigma. Those that cannot be imported are added to `left_out`, with the reason."""
    if not paths:
        return
    from ringfence.cli.reading import text_of

    try:
        from ringfence.insights.sigma import files_in, rules_of
    except ImportError:
        raise BadInput("--sigma", "needs pySigma: pip install 'ringfence[sigma]'") from None
    for path in paths:
        for file in files_in(path):
            for one in rules_of(text_of("--sigma", file), str(file)):
                if isinstance(one, BadInput):
                    left_out.append(str(one))
                else:
                    yield one


def _chosen(ids: tuple[str, ...], imported: Iterable[Rule]) -> Iterator[Rule]:
    from ringfence.insights.activity.pack import PACK

    known = {one.id: one for one in (*PACK, *imported)}
    for id_ in ids:
        if id_ not in known:
            raise unknown("--rule", id_, known)
    yield from (one for one in known.values() if not ids or one.id in ids)


def _changed(rules: Iterable[Rule], settings: tuple[str, ...]) -> tuple[Rule, ...]:
    from ringfence.insights.activity.delivered import with_numbers

    return with_numbers(rules, settings, "--set")


def _networks(path: Path | None) -> Networks:
    from ringfence.cli.reading import text_of
    from ringfence.insights.activity.networks import Networks as Known
    from ringfence.insights.activity.selecting import prefix_of

    return prefix_of if path is None else Known(text_of("--networks", path).splitlines())


def _read(paths: tuple[str, ...], rules: tuple[Rule, ...], networks: Networks) -> tuple[Activity, list[str]]:
    """Take every record of the files. What cannot be read is a problem, and the rest is read."""
    from ringfence.cli.reading import taken
    from ringfence.insights.activity.evaluate import Activity
    from ringfence.insights.activity.records import LISTS, record_in

    done, problems = Activity(rules, networks), list[str]()

    def take(document: object) -> None:
        record = record_in(document)
        if record is not None:
            done.take(record)

    for _ in taken(paths, LISTS, take, problems):
        pass
    return done, problems


def _print(found: tuple[Detection, ...], *, findings: bool, as_json: bool, full: bool) -> None:
    if findings:
        from ringfence.insights.activity.answers import requests

        for request in requests(found):
            click.echo(json.dumps(request))
    elif as_json:
        for one in found:
            click.echo(json.dumps(_as_json(one)))
    elif is_terminal():
        from ringfence.cli.incident_views import show
        from ringfence.cli.insight_views import detected

        for rule in dict.fromkeys(one.rule.id for one in found):
            of = tuple(one for one in found if one.rule.id == rule)
            show(*detected(of if full else of[:MOST_SHOWN], len(of)))
    else:
        from ringfence.insights.activity.detection import instant

        for one in found:
            about = " ".join(subject.key for subject in one.subjects)
            times = (instant(one.first.at), instant(one.last.at), len(one.sights))
            click.echo(row(one.rule.id, one.rule.severity, *times, one.who, one.last.call.address, about))


def _not_sent(one: Detection) -> str:
    account = BadInput("recipientAccountId", "must be a 12-digit account id", one.last.call.account)
    return f"{one.rule.id}: the record {one.last.event} leads to no finding: {account}"


def _as_json(one: Detection) -> dict[str, object]:
    return {
        "rule": one.rule.id,
        "severity": one.rule.severity,
        "technique": one.rule.technique,
        "who": one.who,
        "address": one.last.call.address,
        "calls": sorted({sight.call.name for sight in one.sights}),
        "events": [sight.event for sight in one.sights],
        "runbook": one.rule.runbook,
        "answer": one.rule.answer,
        "finding": one.finding() if one.subjects else None,
    }


def _tell(done: Activity, problems: list[str]) -> None:
    from ringfence.cli.layout import count

    for one in problems[:MOST_PROBLEMS]:
        click.echo(safe(one), err=True)
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        click.echo(f"and {count(more, 'more problem')}", err=True)
    left = f", {count(len(problems), 'document')} cannot be read" if problems else ""
    click.echo(f"{count(done.records, 'record')}{left}", err=True)
