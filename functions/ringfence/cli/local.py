"""`ringfence local`: run the local AWS until Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.local_notices import notices
from ringfence.cli.local_send import send
from ringfence.cli.text import wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOK_EVERY = 1.0  # seconds


@click.group(invoke_without_command=True, short_help="Run a local AWS on this machine.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4566,
    show_default=True,
    help="The port; 0 chooses a free one.",
)
@click.option(
    "--enforce-iam", is_flag=True, help="Evaluate IAM policies. Only the root user may then do everything."
)
@click.option(
    "--cloudtrail",
    is_flag=True,
    help="Record management calls as CloudTrail does, and put them on the event bus.",
)
@click.option(
    "--log", type=click.Path(dir_okay=False, path_type=Path), help="Write the server's log to this file."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of shell commands.")
@click.pass_context
def local(  # noqa: PLR0913 - the options of a command
    ctx: click.Context, port: int, *, enforce_iam: bool, cloudtrail: bool, log: Path | None, as_json: bool
) -> None:
    """Run a local AWS on this machine, without an account and without Docker.

    Prints the environment variables that AWS tools need to use it. Runs until Ctrl-C. All its data is
    then lost.

    Exit code 0: stopped with Ctrl-C. 1: the local AWS cannot start, or has ended. 2: bad input.
    """
    if ctx.invoked_subcommand is None:
        _run(port, enforce_iam=enforce_iam, cloudtrail=cloudtrail, log=log, as_json=as_json)


local.add_command(send)
local.add_command(notices)


def _run(port: int, *, enforce_iam: bool, cloudtrail: bool, log: Path | None, as_json: bool) -> None:
    from ringfence.local import LocalAws

    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    aws = LocalAws(port=port, enforce_iam=enforce_iam, cloudtrail=cloudtrail, log=log)
    try:
        with aws:
            introduce(aws.endpoint, aws.environment(), as_json=as_json)
            while not stop.wait(_LOOK_EVERY):
                aws.check()
    except OSError as error:
        raise click.ClickException(f"the local AWS on port {port}: {error}") from error
    click.echo("Stopped.", err=True)


def introduce(endpoint: str, environment: Mapping[str, str], *, as_json: bool = False) -> None:
    """Print shell commands or JSON to standard output, and everything else to standard error."""
    heading = f"The local AWS listens on {endpoint}. To use it from another shell:"
    click.echo("\n".join((*wrapped(heading, hang=""), "")), err=True)
    if as_json:
        click.echo(json.dumps({"endpoint": endpoint, "environment": dict(environment)}))
    for name, value in environment.items() if not as_json else ():
        click.echo(f"export {name}={value}")
    sys.stdout.flush()
    click.echo("\nPress Ctrl-C to stop it.", err=True)
