"""Deploy the project's CDK app to a local AWS with the CDK's own command line."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.local.process import LocalAwsError
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ringfence.local.process import LocalAws

REPOSITORY = Path(__file__).resolve().parents[3]
_TAIL = 4000


class DeployError(LocalAwsError):
    """The CDK failed. The message contains the end of its output."""


def deploy(
    local: LocalAws,
    *,
    outputs: Path,
    context: Mapping[str, str] = MappingProxyType({}),
    app: Path = REPOSITORY,
    account: str | None = None,
) -> dict[str, dict[str, str]]:
    """Bootstrap the account, also where global events are delivered, and deploy every stack.

    Parameters
    ----------
    local
        A running local AWS.
    outputs
        The file the stacks' outputs go to; the synthesized assembly goes beside it, in `cdk.out`.
    context
        CDK context values, as given with `--context key=value`.
    app
        The folder that holds `cdk.json`, or a cloud assembly that was synthesized before.
    account
        Where to; the local AWS's own unless given.

    Returns
    -------
        Stack name → output name → value.

    Raises
    ------
    DeployError
        The CDK is not installed, or failed.

    """
    outputs.parent.mkdir(parents=True, exist_ok=True)
    outputs.unlink(missing_ok=True)
    # Outside the app's folder, because the CDK would synthesize the app there to bootstrap.
    environment = cdk_environment(local, account)
    regions = dict.fromkeys((local.region, GLOBAL))
    where = [f"aws://{environment['AWS_ACCOUNT_ID']}/{region}" for region in regions]
    _cdk(environment, outputs.parent, ["bootstrap", *where, "--no-color"])
    _cdk(
        environment,
        app,
        [
            # Without change sets, which nobody looks at here: each would take time, and two requests more.
            *("deploy", "--all", "--no-color", "--require-approval", "never", "--method", "direct"),
            *("--outputs-file", str(outputs), *_app_words(app, outputs.parent / "cdk.out", context)),
        ],
    )
    deployed: dict[str, dict[str, str]] = json.loads(outputs.read_text()) if outputs.exists() else {}
    return deployed


def _app_words(app: Path, output: Path, context: Mapping[str, str]) -> Sequence[str]:
    """Return the CDK's arguments: an assembly, or an app with its context."""
    if (app / "manifest.json").exists():
        return ("--app", str(app))
    pairs = [word for key, value in context.items() for word in ("--context", f"{key}={value}")]
    return ("--app", _app_command(app), "--output", str(output), *pairs)


def _app_command(app: Path) -> str:
    """Return the command in `cdk.json` with this interpreter, which has the CDK's libraries."""
    command = shlex.split(json.loads((app / "cdk.json").read_text())["app"])
    if Path(command[0]).name.startswith("python"):
        command[0] = sys.executable
    return shlex.join(command)


def _cdk(environment: Mapping[str, str], app: Path, words: Sequence[str]) -> None:
    tool = REPOSITORY / "node_modules" / ".bin" / "cdk"
    if not tool.exists():
        raise DeployError("the CDK command line is not installed: run `npm ci` in the project's folder")
    run = subprocess.run(  # noqa: S603 - the pinned CDK, with words of our own
        [str(tool), *words],
        cwd=app,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if run.returncode:
        raise DeployError(f"cdk {words[0]} failed:\n{run.stdout[-_TAIL:]}")


def cdk_environment(local: LocalAws, account: str | None = None) -> dict[str, str]:
    """Return the environment of the CDK for an account of a local AWS, its own unless given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    quiet = {
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
        # No look-ups beyond loopback: notices and new versions are asked for on the internet.
        "CDK_NOTICES": "false",
        # The tests validate the templates. The CDK would take six seconds to do it again.
        "CDK_VALIDATION": "false",
        "npm_config_update_notifier": "false",
    }
    return inherited | quiet | local.environment(account)
