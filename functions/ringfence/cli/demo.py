"""`ringfence demo`: show the containment of an instance or a leaked key, or an approval, on a local AWS."""

from __future__ import annotations

import contextlib
import json
import signal
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from ringfence.cli.choices import OneOf
from ringfence.cli.waiting import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.cli.demo_credentials import CredentialView
    from ringfence.cli.demo_view import View
    from ringfence.local import LocalAws
    from ringfence.local.demo import Scene

INSTANCE, CREDENTIALS, APPROVAL = SCENARIOS = ("instance", "credentials", "approval")
DEPLOYED = "the audit log, the response pipeline, the roles"


@click.command(short_help="Show how an instance or a leaked key is contained.")
@click.option("--scenario", type=OneOf(*SCENARIOS), default=INSTANCE, show_default=True)
@click.option("--keep", is_flag=True, help="Keep the local AWS running until Ctrl-C.")
@click.option("--plain", is_flag=True, help="Print without colors and animation.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object at the end. All other output goes to standard error.",
)
@click.pass_context
def demo(ctx: click.Context, scenario: str, *, keep: bool, plain: bool, as_json: bool) -> None:
    """Show how an instance or a leaked access key is contained, without an account and without Docker.

    Starts a local AWS, deploys the stacks to it with the CDK, launches a few servers, and sends a GuardDuty
    finding about one of them. With `--scenario credentials` the finding is about an access key of a user,
    and the local AWS evaluates IAM policies. With `--scenario approval` the policy asks first: a person gets
    the plan, and approves it.

    Exit code 0: containment was verified, and other resources work as before. 1: some result is missing; it
    is named. 130: stopped with Ctrl-C.
    """
    try:
        from ringfence.local import LocalAws
    except ImportError as error:
        raise click.ClickException(
            f"the local AWS is not installed ({error.name} is missing): install ringfence[local]"
        ) from error
    from ringfence.cli.demo_credentials import WORDS, CredentialView
    from ringfence.cli.demo_view import OF_AN_APPROVAL
    from ringfence.cli.demo_view import WORDS as OF_A_SERVER

    words = {INSTANCE: OF_A_SERVER, CREDENTIALS: WORDS, APPROVAL: OF_AN_APPROVAL}
    plays = {INSTANCE: _of_an_instance, CREDENTIALS: _of_a_key, APPROVAL: _of_an_approval}
    view, leaked = CredentialView.on_terminal(plain=plain, stderr=as_json), scenario == CREDENTIALS
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="ringfence-demo-")))
            view.heading(words[scenario])
            with _timed(view, "local AWS", "one process on this machine: no account, no Docker"):
                local = opened.enter_context(LocalAws(cloudtrail=leaked))
            ended_well, incident = plays[scenario](local, view, folder)
            if as_json:
                done = {"scenario": scenario, "succeeded": ended_well, "incident": incident}
                click.echo(json.dumps({**done, **view.report}))
            if keep:
                view.kept(local, incident)
                with contextlib.suppress(KeyboardInterrupt):
                    threading.Event().wait()
    except KeyboardInterrupt:
        view.stopped()
        ctx.exit(INTERRUPTED)
    except (OSError, RuntimeError) as error:
        raise click.ClickException(f"the demo failed: {error}") from error
    ctx.exit(0 if ended_well else 1)


def _of_an_instance(local: LocalAws, view: View, folder: Path) -> tuple[bool, str]:
    """Run the instance scenario. Return whether it succeeded, and the incident id."""
    from ringfence.local.findings import InstanceFinding

    scene = _set(local, view, folder)
    finding = InstanceFinding.about(scene.estate.web)
    view.finding(finding)
    sent = datetime.now(UTC)
    with view.progress(sent) as shown:
        for row in scene.play(finding):
            shown(row)
    return _end(view, scene, sent)


def _of_an_approval(local: LocalAws, view: View, folder: Path) -> tuple[bool, str]:
    """Run the approval scenario: the plan waits until a person approves it."""
    from ringfence.local.approval_demo import ASK_FIRST, ApprovalScene
    from ringfence.local.deployment import Deployment
    from ringfence.local.findings import InstanceFinding

    with _timed(view, "cdk deploy --all", DEPLOYED):
        deployment = Deployment.make(local, folder, ASK_FIRST)
    with _timed(view, "a few servers", "two identical instances in one Auto Scaling group"):
        scene = ApprovalScene.build(deployment)
    view.estate(scene.estate)
    finding = InstanceFinding.about(scene.estate.web)
    view.finding(finding)
    sent = datetime.now(UTC)
    with view.progress(sent) as shown:
        for row in scene.ask(finding):
            shown(row)
    if (notice := scene.notice) is None or scene.changed:
        view.missing(("nobody was asked before a change",))
        return False, ""
    view.notice(notice)
    for words in scene.commands():
        with view.doing(f"ringfence {words[0]}"):
            output = scene.types(*words)
        view.typed(words, output)
    with view.progress(sent) as shown:
        for row in scene.carried_out(len(view.rows)):
            shown(row)
    return _end(view, scene, sent)


def _end(view: View, scene: Scene, sent: datetime) -> tuple[bool, str]:
    """Show what became of the servers. Return whether all is as expected, and the incident id."""
    with view.doing("reading everything again"):
        ending = scene.end()
    view.timeline(sent, datetime.now(UTC))
    view.chain(ending)
    view.comparison(scene, ending)
    view.exposure(ending)
    view.ending(scene, ending)
    return not ending.missing, scene.deployment.history(scene.estate.web.ref).incident


def _of_a_key(local: LocalAws, view: CredentialView, folder: Path) -> tuple[bool, str]:
    """Run the credentials scenario. The local AWS evaluates policies after the deployment."""
    from ringfence.cli.demo_credentials import told
    from ringfence.local.credentials_demo import CredentialScene
    from ringfence.local.deployment import Deployment

    with _timed(view, "cdk deploy --all", DEPLOYED):
        deployment = Deployment.make(local, folder)
        local.enforce(True)
    with _timed(view, "a user", "the local AWS evaluates IAM policies from now on"):
        scene = CredentialScene.build(deployment)
    ending = told(view, scene)
    return not ending.missing, deployment.history(scene.holder.ref).incident


def _set(local: LocalAws, view: View, folder: Path) -> Scene:
    from ringfence.local.demo import Scene
    from ringfence.local.deployment import Deployment

    with _timed(view, "cdk deploy --all", DEPLOYED):
        deployment = Deployment.make(local, folder)
    with _timed(view, "a few servers", "two identical instances in one Auto Scaling group"):
        scene = Scene.build(deployment)
    view.estate(scene.estate)
    return scene


@contextlib.contextmanager
def _timed(view: View, what: str, about: str) -> Iterator[None]:
    began = monotonic()
    with view.doing(what):
        yield
    view.done(what, about, monotonic() - began)
