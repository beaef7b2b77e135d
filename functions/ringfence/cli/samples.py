"""`ringfence samples`: write an event of each trigger, to try a policy or a deployment with."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import safe
from ringfence.model.errors import BadInput
from ringfence.model.subject import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.local.samples.catalogue import Sample
    from ringfence.model.runbook import Runbook


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
@click.option("--account", metavar="ID", help="The account of the resources. Default: an example.")
@click.option("--region", metavar="REGION", help="The region of the resources. Default: an example.")
@click.option(
    "--resource", metavar="ID", help="The id of the resource, if all events are about one kind of resource."
)
@click.option(
    "--mark",
    is_flag=True,
    help="Mark GuardDuty's findings as samples. A policy ignores those, unless it says otherwise.",
)
@click.pass_context
def samples(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    *,
    folder: Path | None,
    only: tuple[str, ...],
    types: str,
    account: str | None,
    region: str | None,
    resource: str | None,
    every_type: bool,
    mark: bool,
) -> None:
    """Write a sample event of each trigger, in the shape in which AWS publishes it.

    Each event is written to a file in DIR, which must be empty or new. Without DIR, the events are printed,
    one on each line: for `ringfence explain -` or `ringfence local send -`. Their times are the present
    time, and their ids are new each time. Scheduled reviews have no event.

    Exit code 0: written. 2: bad input.
    """
    from ringfence.local.samples.catalogue import samples_of

    runbooks = ctx.obj if isinstance(ctx.obj, dict) else _catalogue()
    chosen = _chosen(runbooks, only)
    found = tuple(samples_of(chosen, types, every_type=every_type))
    if not found:
        raise BadInput("--type", "must match a type of finding that a runbook answers", types)
    made = tuple(_made(found, account, region, resource, mark=mark))
    if folder is None:
        for one in made:
            click.echo(json.dumps(one.event))
        return
    _write(folder, made)
    click.echo(f"{len(made)} event{'s' if len(made) > 1 else ''} in {safe(str(folder))}.")
    click.echo(f"To see what would happen for them: ringfence explain {safe(str(folder))}")
    click.echo(f"To send one to a local AWS: ringfence local send {safe(str(folder / made[0].name))}")


def _catalogue() -> Mapping[str, Runbook]:
    from ringfence.runbooks.catalogue import CATALOGUE

    return CATALOGUE


def _chosen(runbooks: Mapping[str, Runbook], only: tuple[str, ...]) -> Iterator[Runbook]:
    for id_ in only:
        if id_ not in runbooks:
            raise BadInput("--runbook", f"must be one of {', '.join(runbooks)}", id_)
    return (one for id_, one in runbooks.items() if not only or id_ in only)


def _made(
    found: Iterable[Sample], account: str | None, region: str | None, resource: str | None, *, mark: bool
) -> Iterator[Sample]:
    from ringfence.local.samples import fresh, guardduty

    account, region = account or guardduty.ACCOUNT, region or guardduty.REGION
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
            event = fresh.about(event, one.subject.id, resource)
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
