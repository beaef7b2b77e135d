"""The options of a live scan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from ringfence.cli.home_account import home_account
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
NONE = "none"
"""The value of `--aggregator` that uses none."""


@dataclass(frozen=True)
class LiveOptions:
    """The options of a live scan, as they were given. Their help says what they mean."""

    scopes: tuple[str, ...] = ()
    policy: Path | None = None
    home: str = ""
    home_region: str = ""
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
        "--policy",
        type=click.Path(path_type=Path),
        help="With --live: the policy file, which names the scope. Default: policy.yaml.",
    ),
    home_account("With --live: the home account. Default: the configured one, or that of the credentials."),
    click.option(
        "--home-region",
        default="",
        help="With --live: the home region. Default: the configured one, or that of the credentials.",
    ),
)


def live_options(
    command: Callable[Concatenate[click.Context, LiveOptions | None, P], None],
) -> Callable[P, None]:
    """Add the options to a command. Pass it the context and the options: None without `--live`."""

    @click.pass_context
    @wraps(command)
    def wrapped(ctx: click.Context, /, *args: P.args, **kwargs: P.kwargs) -> None:
        is_live = kwargs.pop("is_live")
        names = ("scopes", "policy", "home", "home_region", "aggregator", "direct", "resume", "since_last")
        given = LiveOptions(**{name: kwargs.pop(name) for name in (*names, "state")})  # type: ignore[arg-type]  # click made them
        if not is_live and given != LiveOptions():
            raise BadInput("--live", "is needed with the options of a live scan")
        command(ctx, given if is_live else None, *args, **kwargs)

    made: Callable[P, None] = wrapped
    for option in reversed(_OPTIONS):
        made = option(made)
    return made
