"""`ringfence local`: run the local AWS until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.local_send import send

if TYPE_CHECKING:
    from ringfence.local import LocalAws

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
@click.pass_context
def local(ctx: click.Context, port: int, *, enforce_iam: bool, cloudtrail: bool, log: Path | None) -> None:
    """Run a local AWS on this machine, without an account and without Docker.

    Prints the environment variables that AWS tools need to use it. Runs until Ctrl-C. All its data is
    then lost.

    Exit code 0: stopped with Ctrl-C. 1: the local AWS cannot start, or has ended. 2: bad input.
    """
    if ctx.invoked_subcommand is None:
        _run(port, enforce_iam=enforce_iam, cloudtrail=cloudtrail, log=log)


local.add_command(send)


def _run(port: int, *, enforce_iam: bool, cloudtrail: bool, log: Path | None) -> None:
    from ringfence.local import LocalAws

    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    aws = LocalAws(port=port, enforce_iam=enforce_iam, cloudtrail=cloudtrail, log=log)
    try:
        with aws:
            _introduce(aws)
            while not stop.wait(_LOOK_EVERY):
                aws.check()
    except OSError as error:
        raise click.ClickException(f"the local AWS on port {port}: {error}") from error
    click.echo("Stopped.", err=True)


def _introduce(aws: LocalAws) -> None:
    """Print shell commands to standard output, and everything else to standard error."""
    click.echo(f"The local AWS listens on {aws.endpoint}. To use it from another shell:\n", err=True)
    for name, value in aws.environment().items():
        click.echo(f"export {name}={value}")
    sys.stdout.flush()
    click.echo("\nPress Ctrl-C to stop it.", err=True)
