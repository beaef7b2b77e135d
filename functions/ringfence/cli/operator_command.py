"""What `run` and `release` share: their options, the confirmation, and the exit."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, NoReturn, ParamSpec

import click

from ringfence.cli.settings import AUDIT_TABLE, CONTROL_TABLE, Home, home_options
from ringfence.handlers.operator_types import check_reason
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.aws.caller import Caller
    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.plan_view import Screen
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.record.next_command import NextCommand

P = ParamSpec("P")
URL = "RINGFENCE_OPERATE_URL"
RESPONSE_STACK, OUTPUT = "Ringfence-Response", "OperateUrl"
POLICY = Path("policy.yaml")
DONE, NOT_DONE, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class CommandOptions:
    """The options of every operator command. `wait`: the seconds to wait for the result."""

    reason: str
    dry_run: bool
    yes: bool
    direct: bool
    as_json: bool
    wait: int
    url: str
    policy: Path | None
    home: Home


def subject_of(ref: Ref) -> dict[str, str]:
    """Return a subject in the form that the API expects."""
    return {"kind": ref.kind, "account": ref.account, "region": ref.region, "id": ref.id}


def _tagged(name: str, region: str) -> tuple[str, ...]:
    from ringfence.aws.names import tagged

    return tagged(name, region)


@dataclass(frozen=True)
class Environment:
    """The environment of the commands. Tests pass a fake one as the object of the Click context."""

    caller: Callable[[], Caller]
    region: Callable[[], str]
    client: Callable[[CommandOptions], OperatorClient]
    catalogue: Callable[[], Mapping[str, Runbook]]
    interactive: Callable[[], bool]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tagged: Callable[[str, str], tuple[str, ...]] = _tagged


url_option = click.option(
    "--url",
    envvar=URL,
    show_envvar=True,
    help=f"The URL of the API. Default: output {OUTPUT} of stack {RESPONSE_STACK}.",
)
_OPTIONS = {
    "reason": click.option(
        "--reason", required=True, help="The reason, in one line. It is recorded in the audit log."
    ),
    "dry_run": click.option("--dry-run", is_flag=True, help="Show the plan and change nothing."),
    "yes": click.option("--yes", is_flag=True, help="Do not ask for confirmation, whatever the plan is."),
    "direct": click.option(
        "--direct",
        is_flag=True,
        help="Use your own credentials in this process instead of the API. The audit log records that. "
        "Ringfence responds to CloudTrail events of these calls.",
    ),
    "as_json": click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="Print one JSON object at the end. All other output goes to standard error.",
    ),
    "wait": click.option(
        "--wait",
        type=click.IntRange(0, 86_400),
        default=600,
        show_default=True,
        help="Seconds to wait for the result.",
    ),
    "url": url_option,
    "policy": click.option(
        "--policy",
        type=click.Path(path_type=Path),
        help=f"With --direct: the policy file. Default: {POLICY} in this folder.",
    ),
}
_QUERY = ("direct", "as_json", "wait", "url", "policy")
"""The options of a command that orders no change."""
_ONLINE = ("as_json", "wait", "url")
"""The options of a command that only the API can carry out: `--direct` would always be refused."""
_ANSWER = ("yes", "as_json", "wait", "url")
"""The options of a command that answers an approval. Only the API can prove who answered."""


def operator_command(command: Callable[Concatenate[CommandOptions, P], None]) -> Callable[P, None]:
    """Add the common options to a command, and pass them as its first argument."""
    return _with_options(command, tuple(_OPTIONS))


def query_command(command: Callable[Concatenate[CommandOptions, P], None]) -> Callable[P, None]:
    """Add the options of a command that orders no change, and pass them as its first argument."""
    return _with_options(command, _QUERY)


def online_command(command: Callable[Concatenate[CommandOptions, P], None]) -> Callable[P, None]:
    """Add the options of a command that only the API can carry out, and pass them as its first argument."""
    return _with_options(command, _ONLINE)


def answer_command(command: Callable[Concatenate[CommandOptions, P], None]) -> Callable[P, None]:
    """Add the options of a command that answers an approval, and pass them as its first argument."""
    return _with_options(command, _ANSWER)


def _with_options(
    command: Callable[Concatenate[CommandOptions, P], None], names: tuple[str, ...]
) -> Callable[P, None]:
    @home_options(AUDIT_TABLE, CONTROL_TABLE)
    @wraps(command)
    def wrapped(home: Home, /, *args: P.args, **kwargs: P.kwargs) -> None:
        given = {"reason": "", "dry_run": False, "yes": False, "direct": False, "policy": None}
        given |= {name: kwargs.pop(name) for name in names}
        given["url"] = given["url"] or ""
        command(CommandOptions(home=home, **given), *args, **kwargs)  # type: ignore[arg-type]  # click made them

    for name in reversed(names):
        wrapped = _OPTIONS[name](wrapped)
    return wrapped


def checked(given: CommandOptions, env: Environment) -> None:
    """Check the options before any request is sent. Raises BadInput."""
    check_reason(given.reason)
    if not (given.dry_run or given.yes or env.interactive()):
        raise BadInput("--yes", "is required without a terminal; --dry-run shows the plan")


def agreed(given: CommandOptions, question: str) -> bool:
    """Ask for confirmation. The default is no. Raises Interrupted after Ctrl-C."""
    if given.yes:
        return True
    from ringfence.cli.waiting import before_changes

    with before_changes():
        return click.confirm(question, default=False, err=given.as_json)


def confirm(given: CommandOptions, screen: Screen, question: str, plan: Document, then: NextCommand) -> None:
    """Exit after a dry run, and if the operator does not agree to the plan. Return otherwise.

    `then` is the command that carries out what a dry run has shown.
    """
    incident = plan.text("incident")
    if given.dry_run:
        screen.conclude("Dry run: nothing was changed.", "dim")
        screen.ending(then)
        end(given, DONE, status=IncidentStatus.DRY_RUN.value, incident=incident, plan=plan)
    if not agreed(given, question):
        screen.say("Nothing was changed.")
        end(given, NOT_DONE, status="declined", incident=incident, plan=plan)


def end(given: CommandOptions, code: int, **told: object) -> NoReturn:
    """Print JSON if requested, and exit."""
    if given.as_json:
        click.echo(json.dumps(told, default=_plain))
    click.get_current_context().exit(code)


def _plain(told: object) -> object:
    return dict(told.value) if isinstance(told, Document) else str(told)


def now_of() -> datetime:
    """Return the current time: of the object of the Click context, or the real one."""
    given = click.get_current_context().obj
    return given.now() if isinstance(given, Environment) else datetime.now(UTC)


def environment() -> Environment:
    """Return the environment: the object of the Click context, or the real one."""
    given = click.get_current_context().obj
    if isinstance(given, Environment):
        return given
    from ringfence.aws.caller import caller, default_region
    from ringfence.cli.client_factory import catalogue, operator_client

    return Environment(
        caller, default_region, operator_client, catalogue, sys.stdin.isatty, time.monotonic, time.sleep
    )
