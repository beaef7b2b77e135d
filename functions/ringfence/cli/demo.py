"""`ringfence demo`: watch a compromised instance being contained, on a local AWS."""

from __future__ import annotations

import contextlib
import signal
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.cli.demo_view import View
    from ringfence.local import LocalAws
    from ringfence.local.demo import Scene

SCENARIOS = ("instance",)
INTERRUPTED = 130


@click.command()
@click.option("--scenario", type=click.Choice(SCENARIOS), default=SCENARIOS[0], show_default=True)
@click.option("--keep", is_flag=True, help="Keep the local AWS running afterwards, until Ctrl-C.")
@click.option("--plain", is_flag=True, help="No colours and nothing that moves.")
@click.pass_context
def demo(ctx: click.Context, scenario: str, *, keep: bool, plain: bool) -> None:
    """Watch a compromised instance being contained, without an account and without Docker.

    Starts a local AWS, deploys the stacks to it with the CDK, builds a small estate, and sends a GuardDuty
    finding about one of its web servers.

    Exit code 0: the instance is verified contained and its neighbour untouched. 1: something is missing,
    which is named.
    """
    del scenario  # there is one so far
    try:
        from ringfence.local import LocalAws
    except ImportError as error:
        raise click.ClickException(
            f"the local AWS is not installed ({error.name} is missing): install ringfence[local]"
        ) from error
    from ringfence.cli.demo_view import View

    view = View.on_terminal(plain=plain)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="ringfence-demo-")))
            view.heading()
            with _timed(view, "local AWS", "one process on this machine: no account, no Docker"):
                local = opened.enter_context(LocalAws())
            ended_well = _run(local, view, folder, keep=keep)
    except KeyboardInterrupt:
        view.stopped()
        ctx.exit(INTERRUPTED)
    except (OSError, RuntimeError) as error:
        raise click.ClickException(f"the demo came to a stop: {error}") from error
    ctx.exit(0 if ended_well else 1)


def _run(local: LocalAws, view: View, folder: Path, *, keep: bool) -> bool:
    """Set the scene and play it; say whether it ended well."""
    from ringfence.local.findings import InstanceFinding

    scene = _set(local, view, folder)
    finding = InstanceFinding.about(scene.estate.web)
    view.finding(finding)
    sent = datetime.now(UTC)
    with view.progress(sent) as shown:
        for row in scene.play(finding):
            shown(row)
    with view.doing("looking at everything once more"):
        ending = scene.end()
    view.timeline(sent, datetime.now(UTC))
    view.chain(ending)
    view.comparison(scene, ending)
    view.exposure(ending)
    view.ending(scene, ending)
    if keep:
        view.kept(local, scene)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return not ending.missing


def _set(local: LocalAws, view: View, folder: Path) -> Scene:
    from ringfence.local.demo import Scene
    from ringfence.local.deployment import Deployment

    with _timed(view, "cdk deploy --all", "the audit home, the response pipeline, the roles"):
        deployment = Deployment.make(local, folder)
    with _timed(view, "a small estate", "two of a kind, in one Auto Scaling group"):
        scene = Scene.build(deployment)
    view.estate(scene.estate)
    return scene


@contextlib.contextmanager
def _timed(view: View, what: str, about: str) -> Iterator[None]:
    began = monotonic()
    with view.doing(what):
        yield
    view.done(what, about, monotonic() - began)
