"""`ringfence local send`: send events to a running local AWS."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ringfence.cli.text import safe
from ringfence.model.errors import BadInput, Retryable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.events.forms import FileEvent

ENDPOINT = "http://127.0.0.1:4566"
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
HTTP = 80
MOST_BYTES = 2**26
"""The maximum size of a file."""


@click.command(short_help="Send events to the local AWS.")
@click.argument("events", nargs=-1, required=True, metavar="EVENT...")
@click.option(
    "--endpoint",
    metavar="URL",
    help=f"The local AWS. Default: AWS_ENDPOINT_URL, or else {ENDPOINT}.",
)
def send(events: tuple[str, ...], endpoint: str | None) -> None:
    """Send events to a running local AWS, each as the service does that it is from.

    EVENT is a file, or - for standard input. It contains one event as EventBridge delivers it, the output of
    `aws guardduty get-findings`, or a GuardDuty finding by itself; or a list of these, or one on each line. A
    GuardDuty finding is put into the local GuardDuty, which then answers for it and sends its event. The
    event arrives in the account and region that it names.

    Exit code 0: all events were sent. 1: the local AWS does not respond. 2: bad input; no event of that file
    was sent, or the local AWS refused it.
    """
    from ringfence.events.forms import events_of

    url = loopback(endpoint or os.environ.get("AWS_ENDPOINT_URL") or ENDPOINT)
    files = {name: _read(name) for name in events}
    for name, text in files.items():
        try:
            found = events_of(text)
        except BadInput as error:
            raise BadInput(f"{name}: {error.field}", error.problem, error.value) from error
        _send(url, name, found, os.environ)


def loopback(url: str) -> str:
    """Return the URL if it is on this machine. Raises BadInput: no made-up event may reach AWS."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        raise BadInput("--endpoint", "must be a local AWS, on http://127.0.0.1 or http://localhost", url)
    return url.rstrip("/")


def _read(name: str) -> str:
    try:
        if name == "-":
            data = click.get_binary_stream("stdin").read(MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        text = data.decode()
    except OSError as error:
        raise BadInput(name, f"cannot be read: {error.strerror or 'input/output error'}") from error
    except UnicodeDecodeError as error:
        raise BadInput(name, f"is not UTF-8 text: byte {error.start}") from error
    if len(data) > MOST_BYTES:
        raise BadInput(name, f"is longer than {MOST_BYTES} bytes")
    return text


def _send(url: str, name: str, found: tuple[FileEvent, ...], environment: Mapping[str, str]) -> None:
    from ringfence.local import LocalAws
    from ringfence.local.sending import put_entries
    from ringfence.local.settings import ACCOUNT, REGION

    local = LocalAws(port=urlsplit(url).port or HTTP)
    home = environment.get("AWS_ACCOUNT_ID", ACCOUNT), environment.get("AWS_REGION", REGION)

    def bus(event: FileEvent) -> tuple[str, str]:
        return event.account or home[0], event.region or home[1]

    for (account, region), some in groupby(found, bus):
        batch = [one.entry for one in some]
        try:
            put_entries(url, local.client("events", account, region), batch, account, region)
        except BadInput as error:
            raise BadInput(f"{name}: {error.field}", error.problem, error.value) from error
        except (OSError, Retryable) as error:
            raise click.ClickException(f"the local AWS at {url} does not respond: {error}") from error
        events = f"{len(batch)} event{'s' if len(batch) > 1 else ''}"
        click.echo(f"{safe(name)}: {events} sent to account {account} in {region}")
