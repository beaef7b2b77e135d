"""The option `--home-account` of commands that need no audit log, and its old name."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import click

from ringfence.model.errors import BadInput
from ringfence.model.subject import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
OPTION = "--home-account"
old_name = click.option("--home", "old_home", default="", hidden=True, help=f"The old name of {OPTION}.")


def home_account(words: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Add the option to a command, and pass its value as `home`. Empty: not given. `words`: the help."""

    def decorate(command: Callable[P, None]) -> Callable[P, None]:
        @wraps(command)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
            named, old = kwargs.pop("home_account"), kwargs.pop("old_home")
            command(*args, **{**kwargs, "home": checked(str(named or old or ""))})  # type: ignore[arg-type]  # click made them

        return old_name(click.option(OPTION, default="", metavar="ACCOUNT", help=words)(wrapped))

    return decorate


def checked(account: str) -> str:
    """Return an account, or an empty text. Raises BadInput for anything else."""
    if account and not ACCOUNT.fullmatch(account):
        raise BadInput(OPTION, "must be a 12-digit account id", account)
    return account
