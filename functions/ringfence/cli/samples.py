"""`ringfence samples`: write an event of each trigger, to try a policy or a deployment with."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.choices import OneOf
from ringfence.cli.text import safe
from ringfence.model.errors import BadInput
from ringfence.model.step import counted
from ringfence.model.subject import ACCOUNT, REGION
from ringfence.model.suggestions import similar, unknown
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ringfence.local.samples.catalogue import Sample
    from ringfence.model.runbook import Runbook


RELAYED = ("security-hub", "access-analyzer")
SOURCES = (*RELAYED, "own-system")
"""What comes in another way than from the service that found it. Own systems need `senders` in the policy."""


@click.command(short_help="Write a sample event of each trigger.")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--runbook", "only", multiple=True, metavar="ID", help="Only this runbook. Can be repeated.")
@click.option(
    "--type",
    "types",
    default="",
    metavar="TYPE",
    help="Only findings of this type, for example 'Backdoor:EC2/*': one event of each type that matches.",
)
@click.option("--all-types", "every_type", is_flag=True, help="An event of each type of each trigger.")
@click.option(
    "--source",
    "sources",
    type=OneOf(*SOURCES),
    multiple=True,
    help="Only events that come in this way: relayed by Security Hub, of Access Analyzer, or findings of "
    "your own systems, which the policy must let in. Can be repeated.",
)
@click.option(
    "--account",
    metavar="ID",
    help="The account of the resources. Default: AWS_ACCOUNT_ID, or else an example.",
)
@click.option(
    "--region", metavar="REGION", help="The region of the resources. Default: AWS_REGION, or else an example."
)
@click.option(
    "--resource", metavar="ID", help="The id of the resource, if all events are about one kind of resource."
)
@click.option(
    "--mark",
    is_flag=True,
    help="Mark GuardDuty's findings as samples. A policy ignores those, unless it says otherwise.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object per line, one for each event, with its file and runbook.",
)
@click.pass_context
def samples(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    *,
    folder: Path | None,
    only: tuple[str, ...],
    types: str,
    sources: tuple[str, ...],
    account: str | None,
    region: str | None,
    resource: str | None,
    every_type: bool,
    mark: bool,
    as_json: bool,
) -> None:
    """Write a sample event of each trigger, in the shape in which AWS publishes it.

    Each event is written to a file in DIR, which must be empty or new. Without DIR, the events are printed,
    one on each line: for `ringfence explain -` or `ringfence local send -`. Their times are the present
    time, and their ids are new each time. Scheduled reviews have no event. Without --runbook, --type,
    --all-types and --resource, events that Security Hub relays and events of IAM Access Analyzer follow.

    Exit code 0: written. 2: bad input.
    """
    from ringfence.local.samples.catalogue import samples_of

    runbooks = ctx.obj if isinstance(ctx.obj, dict) else _catalogue()
    chosen = tuple(_chosen(runbooks, only))
    selected = bool(only or types or every_type or resource)
    found = () if sources else tuple(samples_of(chosen, types, every_type=every_type))
    if sources or not selected:
        found += tuple(_relayed(sources or RELAYED, types))
    if not found:
        known = (type_ for one in chosen for trigger in one.triggers for type_ in trigger.types)
        problem = "must match a type of finding that a runbook answers"
        raise BadInput("--type", problem, types, similar(types, known))
    made = tuple(_made(found, account, region, resource, mark=mark))
    if folder is not None:
        _write(folder, made)
    if as_json or folder is None:
        for one in made:
            click.echo(json.dumps(_as_json(folder, one) if as_json else one.event))
        return
    _say(folder, made)


def _say(folder: Path, made: Sequence[Sample]) -> None:
    """Print how many files there are, and what to do with them."""
    click.echo(f"{counted(len(made), 'event')} in {safe(str(folder))}.")
    explain = typed("ringfence", "explain", str(folder))
    send = typed("ringfence", "local", "send", str(folder / made[0].name))
    click.echo(safe(f"\nTo see what would happen for them:\n{explain}", lines=True))
    click.echo(safe(f"\nNext, to send one to a local AWS:\n{send}", lines=True))


def _relayed(sources: Iterable[str], types: str) -> Iterator[Sample]:
    from ringfence.local.samples.relayed import relayed

    every = (one for source in sources for one in relayed(source, datetime.now(UTC)))
    return (one for one in every if not types or fnmatchcase(one.type, types))


def _as_json(folder: Path | None, one: Sample) -> dict[str, object]:
    return {
        "file": str(folder / one.name) if folder else None,
        "runbook": one.runbook,
        "finding": one.type,
        "kind": one.subject.kind,
        "event": one.event,
    }


def _catalogue() -> Mapping[str, Runbook]:
    from ringfence.runbooks.catalogue import CATALOGUE

    return CATALOGUE


def _chosen(runbooks: Mapping[str, Runbook], only: tuple[str, ...]) -> Iterator[Runbook]:
    for id_ in only:
        if id_ not in runbooks:
            raise unknown("--runbook", id_, runbooks)
    return (one for id_, one in runbooks.items() if not only or id_ in only)


def _made(
    found: Iterable[Sample], account: str | None, region: str | None, resource: str | None, *, mark: bool
) -> Iterator[Sample]:
    from ringfence.local.samples import fresh, guardduty

    account = account or os.environ.get("AWS_ACCOUNT_ID") or guardduty.ACCOUNT
    region = region or os.environ.get("AWS_REGION") or guardduty.REGION
    if not ACCOUNT.fullmatch(account):
        raise BadInput("--account", "must be a 12-digit account id", account)
    if not REGION.fullmatch(region):
        raise BadInput("--region", "must be a region such as eu-west-1", region)
    now = datetime.now(UTC)
    for one in found:
        event = one.event
        if resource is not None:
            if not one.subject.pattern.fullmatch(resource):
                raise BadInput("--resource", f"must be {one.subject.form}, for {one.type}", resource)
            event = fresh.untagged(fresh.about(event, one.subject.id, resource))
        event = fresh.fresh(event, f"{one.name} {now.isoformat()}", now, account, region)
        yield replace(one, event=fresh.marked(event) if mark else event)


def _write(folder: Path, made: Iterable[Sample]) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            raise BadInput("DIR", "must be empty or new", str(folder))
        for one in made:
            path = folder / one.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(one.event, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(
            "DIR", f"cannot be written: {error.strerror or 'input/output error'}", str(folder)
        ) from error
