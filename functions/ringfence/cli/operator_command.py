"""What `run` and `release` have in common: their options, the question, and the end."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, NoReturn, ParamSpec

import click

from ringfence.cli.settings import AUDIT_TABLE, CONTROL_TABLE, Home, home_options
from ringfence.handlers.operator_types import check_reason
from ringfence.model.document import Document
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.aws.caller import Caller
    from ringfence.cli.operator_client import OperatorClient
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref

P = ParamSpec("P")
URL = "RINGFENCE_OPERATE_URL"
RESPONSE_STACK, OUTPUT = "Ringfence-Response", "OperateUrl"
POLICY = Path("policy.yaml")
DONE, NOT_DONE, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class CommandOptions:
    """What every command by hand is told. `wait`: for how many seconds the end is waited for."""

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
    """Name a subject as the API takes it."""
    return {"kind": ref.kind, "account": ref.account, "region": ref.region, "id": ref.id}


@dataclass(frozen=True)
class Environment:
    """What lies outside the commands; tests bring their own as the context's object."""

    caller: Callable[[], Caller]
    region: Callable[[], str]
    client: Callable[[CommandOptions], OperatorClient]
    catalogue: Callable[[], Mapping[str, Runbook]]
    interactive: Callable[[], bool]
    clock: Callable[[], float]
    sleep: Callable[[float], None]


_OPTIONS = (
    click.option("--reason", required=True, help="Why, in one line: it is written into the audit log."),
    click.option("--dry-run", is_flag=True, help="Show what would be changed; change nothing."),
    click.option("--yes", is_flag=True, help="Do not ask."),
    click.option(
        "--direct",
        is_flag=True,
        help="Act with your own credentials in this process, not through the API; the log says so. "
        "CloudTrail's records of it are answered like anybody's.",
    ),
    click.option(
        "--json", "as_json", is_flag=True, help="One JSON object at the end; all else goes to standard error."
    ),
    click.option(
        "--wait",
        type=click.IntRange(0, 86_400),
        default=600,
        show_default=True,
        help="Seconds to wait for the end.",
    ),
    click.option(
        "--url", envvar=URL, show_envvar=True, help=f"The API. Default: {OUTPUT} of stack {RESPONSE_STACK}."
    ),
    click.option(
        "--policy",
        type=click.Path(path_type=Path),
        help=f"With --direct: the policy file; {POLICY} of this folder unless given.",
    ),
)


def operator_command(command: Callable[Concatenate[CommandOptions, P], None]) -> Callable[P, None]:
    """Give a command the options of everything done by hand, and a `CommandOptions` as its first argument."""

    @home_options(AUDIT_TABLE, CONTROL_TABLE)
    @wraps(command)
    def wrapped(home: Home, /, *args: P.args, **kwargs: P.kwargs) -> None:
        given = {name: kwargs.pop(name) for name in _NAMES}
        given["url"] = given["url"] or ""
        command(CommandOptions(home=home, **given), *args, **kwargs)  # type: ignore[arg-type]  # click made them

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_NAMES = ("reason", "dry_run", "yes", "direct", "as_json", "wait", "url", "policy")


def checked(wish: CommandOptions, outside: Environment) -> None:
    """Refuse what cannot be asked for, before anything is sent; raises BadInput."""
    check_reason(wish.reason)
    if not (wish.dry_run or wish.yes or outside.interactive()):
        raise BadInput("--yes", "must be given where nobody can be asked; --dry-run shows what would be done")


def agreed(wish: CommandOptions, question: str) -> bool:
    """Ask; the default is no."""
    return wish.yes or click.confirm(question, default=False, err=wish.as_json)


def end(wish: CommandOptions, code: int, **told: object) -> NoReturn:
    """Print the JSON that was asked for, and leave with an exit code."""
    if wish.as_json:
        click.echo(json.dumps(told, default=_plain))
    click.get_current_context().exit(code)


def _plain(told: object) -> object:
    return dict(told.value) if isinstance(told, Document) else str(told)


def environment() -> Environment:
    """Return what lies outside: the context's object, or the real world."""
    given = click.get_current_context().obj
    if isinstance(given, Environment):
        return given
    from ringfence.aws.caller import caller, default_region
    from ringfence.cli.client_factory import catalogue, operator_client

    return Environment(
        caller, default_region, operator_client, catalogue, sys.stdin.isatty, time.monotonic, time.sleep
    )
