"""`ringfence local send`: send events to a running local AWS, and follow what a deployment there does."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ringfence.cli.text import safe
from ringfence.model.errors import BadInput, Retryable
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ringfence.events.forms import FileEvent
    from ringfence.events.recorded import Recorded
    from ringfence.local import LocalAws
    from ringfence.local.following import Follower
    from ringfence.model.finding import Finding

ENDPOINT = "http://127.0.0.1:4566"
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
HTTP = 80
_REACHED_WITHIN = 5.0
WAIT = 120.0
"""The seconds after which the command stops following."""


@dataclass(frozen=True)
class Target:
    """A local AWS, and the account and region where Ringfence is deployed in it."""

    local: LocalAws
    url: str
    account: str
    region: str


to_endpoint = click.option(
    "--endpoint",
    metavar="URL",
    help=f"The local AWS. Default: AWS_ENDPOINT_URL, or else {ENDPOINT}.",
)
"""The option that names a local AWS."""


@click.command(short_help="Send events to the local AWS.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@to_endpoint
@click.option(
    "--follow/--no-follow",
    default=True,
    show_default=True,
    help="Show what Ringfence does about the findings, if it is deployed there.",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=WAIT,
    show_default=True,
    metavar="SECONDS",
    help="Follow for at most this time.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object per line: what was sent, each new entry, and how each response ended.",
)
@click.pass_context
def send(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    paths: tuple[str, ...],
    endpoint: str | None,
    *,
    follow: bool,
    wait: float,
    as_json: bool,
) -> None:
    """Send events to a running local AWS, in the same way as the AWS services that publish them.

    PATH is a file, a folder of files, or - for standard input, in every form that `ringfence explain` reads:
    events as EventBridge delivers them, findings of GuardDuty, the output of `aws guardduty get-findings`,
    lists of these, or one on each line. `ringfence samples` writes such files. A GuardDuty finding is put
    into the local GuardDuty, which sends its event and confirms the finding when Ringfence asks. The event
    arrives in the account and region that it names. A finding of your own system is put on Ringfence's bus,
    so its sender is the account; `ringfence findings send` sends it by the API, as your login.

    If Ringfence is deployed in the local AWS, the command then shows what it records about the findings,
    until every response has ended. It looks for the deployment in AWS_ACCOUNT_ID and AWS_REGION.

    Exit code 0: all events were sent, and every response has ended. 1: the local AWS does not respond, or a
    response has not ended in time. 2: bad input; no event was sent, or the local AWS refused one.
    """
    from ringfence.cli.event_stream import paths_of

    target = _target(loopback(endpoint))
    files = [(name, _events(name)) for name in paths_of(paths)]
    reach(target.url)
    ids = _findings((one for _, found in files for one in found), target)
    followed = _follower(target, ids) if follow and ids else None
    for name, found in files:
        _send(target, name, found, as_json=as_json)
    if followed:
        from ringfence.cli.local_follow import show

        where = _elsewhere(target, (one for _, found in files for one in found))
        ctx.exit(0 if show(followed, wait, where=where, as_json=as_json) else 1)


def _elsewhere(target: Target, events: Iterable[FileEvent]) -> str:
    """Say where Ringfence is deployed, if an event arrived in another account or region."""
    here = (target.account, target.region)
    others = (one for one in events if not one.is_own)
    there = {(one.account or target.account, one.region or target.region) for one in others} - {here}
    if not there:
        return ""
    account, region = min(there)
    return (
        f"An event arrived in account {account}, {region}, and Ringfence is deployed in account "
        f"{target.account}, {target.region}."
    )


def loopback(endpoint: str | None) -> str:
    """Return the URL of the local AWS. Raises BadInput for another one: no made-up event may reach AWS."""
    url = endpoint or os.environ.get("AWS_ENDPOINT_URL") or ENDPOINT
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        raise BadInput("--endpoint", "must be a local AWS, on http://127.0.0.1 or http://localhost", url)
    return url.rstrip("/")


def _target(url: str) -> Target:
    from ringfence.local import LocalAws
    from ringfence.local.settings import ACCOUNT, REGION

    account, region = os.environ.get("AWS_ACCOUNT_ID", ACCOUNT), os.environ.get("AWS_REGION", REGION)
    return Target(LocalAws(port=urlsplit(url).port or HTTP), url, account, region)


def reach(url: str) -> None:
    """Raise an error if nothing listens there: nothing else can be said then."""
    import socket

    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or HTTP), _REACHED_WITHIN).close()
    except OSError as error:
        why = error.strerror or error
        words = f"the local AWS at {url} does not respond: {why}. To start one: ringfence local"
        raise click.ClickException(words) from error


def _events(name: str) -> tuple[FileEvent, ...]:
    """Return the events of a file. Raises BadInput for the first one that is none, with its place."""
    from ringfence.cli.event_files import entries_of

    return tuple(_event(one) for one in entries_of(name))


def _event(entry: Recorded) -> FileEvent:
    from ringfence.events.envelope import NotForUs
    from ringfence.events.forms import event_in
    from ringfence.model.document import Document

    if isinstance(entry.event, NotForUs):
        raise BadInput(entry.place, f"contains no event: {entry.event.reason}")
    try:
        if entry.error:
            raise entry.error
        return event_in(Document.of(entry.event))
    except BadInput as error:
        raise BadInput(f"{entry.place}: {error.field}", error.problem, error.value) from error


def _findings(events: Iterable[FileEvent], target: Target) -> frozenset[str]:
    """Return the ids of the findings that Ringfence reads in these events."""
    from ringfence.events.dispatch import findings
    from ringfence.events.envelope import NotForUs
    from ringfence.events.recorded import envelope

    now = datetime.now(UTC).isoformat()

    def read(event: FileEvent) -> Iterator[str]:
        try:
            if event.is_own:
                yield _own(event, target).id
                return
            found = findings(envelope(event, now))
        except BadInput:
            return  # Ringfence refuses it as well: that is worth a try
        yield from () if isinstance(found, NotForUs) else (one.id for one in found)

    return frozenset(id_ for event in events for id_ in read(event))


def _own(event: FileEvent, target: Target) -> Finding:
    """Return a finding of one's own system as Ringfence's bus delivers it: the account is the sender."""
    from ringfence.events.sent.offered import offered
    from ringfence.events.sent.parser import finding_from
    from ringfence.events.sent.sealed import Sent, Way

    return finding_from(Sent(Way.BUS, target.account, datetime.now(UTC), offered(event.detail).finding))


def _follower(target: Target, ids: frozenset[str]) -> Follower | None:
    from ringfence.local.following import Follower, reader_of

    reader = reader_of(target.local, target.account, target.region)
    if reader is None:
        where = f"account {target.account}, {target.region}"
        click.echo(f"Ringfence is not deployed there ({where}): nothing is followed.", err=True)
        return None
    follower = Follower(reader, ids, target.account)
    follower.skip()
    return follower


def _send(target: Target, name: str, found: Sequence[FileEvent], *, as_json: bool) -> None:
    from ringfence.local.sending import put_entries

    def bus(event: FileEvent) -> tuple[str, str]:
        if event.is_own:
            return target.account, target.region
        return event.account or target.account, event.region or target.region

    for (account, region), some in groupby(found, bus):
        batch = [one.entry for one in some]
        try:
            put_entries(target.url, target.local.client("events", account, region), batch, account, region)
        except BadInput as error:
            raise BadInput(f"{name}: {error.field}", error.problem, error.value) from error
        except (OSError, Retryable) as error:
            raise click.ClickException(f"the local AWS at {target.url} does not respond: {error}") from error
        if as_json:
            sent = {"file": name, "events": len(batch), "account": account, "region": region}
            click.echo(json.dumps({"sent": sent}))
            continue
        events = counted(len(batch), "event")
        click.echo(f"{safe(name)}: {events} sent to account {account} in {region}")
