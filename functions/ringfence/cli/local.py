"""`ringfence local`: run the local AWS until told to stop."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ringfence.local import LocalAws

_LOOK_EVERY = 1.0  # seconds


@click.command(short_help="Run a whole AWS on this machine.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=4566, show_default=True, help="0: any free one."
)
@click.option("--enforce-iam", is_flag=True, help="Evaluate IAM policies: only root may do everything.")
@click.option("--cloudtrail", is_flag=True, help="Record management calls, and put them on the event bus.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Keep the server's log here.")
def local(port: int, *, enforce_iam: bool, cloudtrail: bool, log: Path | None) -> None:
    """Run a whole AWS on this machine, without an account and without Docker.

    Prints the variables with which any AWS tool uses it, and runs until Ctrl-C. What is in it is gone then.
    """
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
    """Print lines a shell can evaluate on standard output, and all else on standard error."""
    click.echo(f"The local AWS answers on {aws.endpoint}. To use it from another shell:\n", err=True)
    for name, value in aws.environment().items():
        click.echo(f"export {name}={value}")
    sys.stdout.flush()
    click.echo("\nStop it with Ctrl-C.", err=True)
