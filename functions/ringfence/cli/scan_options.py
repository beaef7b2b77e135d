"""The options of `ringfence scan` that are about AWS: of a live scan, and of fixes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from ringfence.cli.findings import INTAKE_STACK, OUTPUT, URL
from ringfence.cli.period import Since, Until
from ringfence.cli.settings import AUDIT_TABLE, CONTROL_TABLE, Home, home_options
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

P = ParamSpec("P")
_OTHERS = ("policy", "fix", "plans", "yes", "url", "changes_since", "changes_until", "scores")
NONE = "none"
"""The value of `--aggregator` that uses none."""


@dataclass(frozen=True)
class LiveOptions:
    """The options of a live scan, as they were given. Their help says what they mean."""

    scopes: tuple[str, ...] = ()
    aggregator: str = ""
    direct: bool = False
    resume: bool = False
    since_last: bool = False
    state: Path | None = None


_OPTIONS = (
    click.option("--live", "is_live", is_flag=True, help="Read the items from AWS Config."),
    click.option(
        "--scope",
        "scopes",
        multiple=True,
        metavar="PART",
        help="With --live: only this part of the policy's scope. It is an account, a region, global, "
        "ACCOUNT/REGION, or the id of an organizational unit. Can be repeated.",
    ),
    click.option(
        "--since-last",
        is_flag=True,
        help="With --live: read only what AWS Config recorded since the last scan with the same rules, and "
        "take the rest from that scan.",
    ),
    click.option("--resume", is_flag=True, help="With --live: continue a scan that was interrupted."),
    click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        help="With --live: the folder that keeps the results of each account and region. Default: "
        "~/.local/state/ringfence/scan/ACCOUNT.",
    ),
    click.option(
        "--aggregator",
        default="",
        metavar="NAME",
        help=f"With --live: the aggregator of AWS Config in the home account and region, or {NONE}. Default: "
        "the only one there. Places that it does not have are read by themselves.",
    ),
    click.option(
        "--direct",
        is_flag=True,
        help="With --live: read with your own permissions, and only the account of the credentials.",
    ),
    click.option(
        "--fix",
        is_flag=True,
        help="Hand the failing resources that a remediation can fix to Ringfence, as findings. The policy's "
        "`senders` must allow it, and its rules, approvals and limits apply.",
    ),
    click.option(
        "--plans",
        is_flag=True,
        help="Show the plans for up to 20 failing resources that can be fixed. Each one is a dry run "
        "by the operators' API, which the managed policy ringfence-operator allows.",
    ),
    click.option(
        "--changes-since",
        type=Since(),
        help="With --html: list what Ringfence changed in incidents that were opened since this time: 7d, "
        "12h, 30m, or a date or time in UTC.",
    ),
    click.option(
        "--changes-until",
        type=Until(),
        help="With --changes-since: until this time. A date means the whole day.",
    ),
    click.option(
        "--scores",
        is_flag=True,
        help="With --html: show the scores of the scheduled scans of the deployment over time.",
    ),
    click.option("--yes", is_flag=True, help="With --fix: do not ask for confirmation."),
    click.option(
        "--url",
        envvar=URL,
        show_envvar=True,
        default="",
        help=f"With --fix: the URL of the API for findings. Default: output {OUTPUT} of {INTAKE_STACK}.",
    ),
    click.option(
        "--policy",
        type=click.Path(path_type=Path),
        help="The policy file: it names the scope, and decides the mode of each remediation. Default: "
        "policy.yaml in this folder.",
    ),
)


@dataclass(frozen=True)
class ScanOptions:
    """The options about AWS. `live` is None if files are scanned."""

    home: Home
    policy: Path | None
    live: LiveOptions | None
    fix: bool = False
    plans: bool = False
    yes: bool = False
    url: str = ""
    changes_since: datetime | None = None
    changes_until: datetime | None = None
    scores: bool = False


def scan_options(
    command: Callable[Concatenate[click.Context, ScanOptions, P], None],
) -> Callable[P, None]:
    """Add the options to a command, and pass it the context and the options."""

    @click.pass_context
    @wraps(command)
    def wrapped(ctx: click.Context, home: Home, /, *args: P.args, **kwargs: P.kwargs) -> None:
        is_live = kwargs.pop("is_live")
        names = ("scopes", "aggregator", "direct", "resume", "since_last", "state")
        live = LiveOptions(**{name: kwargs.pop(name) for name in names})  # type: ignore[arg-type]  # click made them
        if not is_live and live != LiveOptions():
            raise BadInput("--live", "is needed with the options of a live scan")
        others = {name: kwargs.pop(name) for name in _OTHERS}
        given = ScanOptions(home, live=live if is_live else None, **others)  # type: ignore[arg-type]  # likewise
        command(ctx, given, *args, **kwargs)

    made: Callable[P, None] = home_options(AUDIT_TABLE, CONTROL_TABLE)(wrapped)
    for option in reversed(_OPTIONS):
        made = option(made)
    return made
