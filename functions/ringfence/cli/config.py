"""The configuration file of the command line: where the home account is, and names of accounts.

An option wins over an environment variable, and a variable over the file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.subject import ACCOUNT, REGION
from ringfence.model.suggestions import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "RINGFENCE_CONFIG"
_HOME = {
    "account": (ACCOUNT, "a 12-digit account id in quotation marks"),
    "region": (REGION, "a region such as eu-west-1"),
    "profile": (None, "the name of a profile in ~/.aws/config"),
}
_TABLES = ("home", "accounts")


@dataclass(frozen=True)
class Configuration:
    """What the file says.

    Attributes
    ----------
    home : mapping of str to str
        `account`, `region` and `profile` of the home account.
    accounts : mapping of str to str
        A name for each account id, for people.
    path : Path or None
        The file. None if there is none.
    """

    home: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None


def configuration(environment: Mapping[str, str] | None = None) -> Configuration:
    """Read the configuration file. Raises BadInput that names the file, the field and the value."""
    given = os.environ if environment is None else environment
    path = _path(given)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        if VARIABLE in given:
            raise BadInput(VARIABLE, "must name a file that exists", str(path)) from None
        return Configuration()
    except (OSError, ValueError) as error:
        raise BadInput(str(path), f"cannot be read: {error}") from error
    return parsed(text, path)


def configured_home(name: str) -> str:
    """Return a value of the home account: of the variable, or of the file. Empty if neither has it."""
    variable = f"RINGFENCE_HOME_{name.upper()}"
    given = os.environ.get(variable)
    return check_home(variable, name, given) if given else configuration().home.get(name, "")


def parsed(text: str, path: Path) -> Configuration:
    r"""Read the text of a configuration file.

    Examples
    --------
    >>> parsed('[home]\nregion = "eu-west-1"', Path("config.toml")).home
    {'region': 'eu-west-1'}
    """
    import tomllib  # most people have no such file

    try:
        document = Document(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(str(path), f"must be TOML: {error}") from error
    try:
        _only(document, _TABLES)
        return Configuration(_home(document), _accounts(document), path)
    except BadInput as error:
        raise BadInput(f"{path}: {error.field}", error.problem, error.value, error.hint) from error


def _path(environment: Mapping[str, str]) -> Path:
    if given := environment.get(VARIABLE):
        return Path(given).expanduser()
    base = environment.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "ringfence" / "config.toml"


def _only(table: Document, names: tuple[str, ...]) -> None:
    for name in table.value:
        if name not in names:
            raise unknown(table.at(name), name, names)


def _home(document: Document) -> dict[str, str]:
    table = document.optional_child("home")
    _only(table, tuple(_HOME))
    return {name: check_home(table.at(name), name, table.text(name)) for name in table.value}


def check_home(field_: str, name: str, value: str) -> str:
    """Return a value of the home account. Raises BadInput for one of a wrong form."""
    pattern, form = _HOME[name]
    if pattern and not pattern.fullmatch(value):
        raise BadInput(field_, f"must be {form}", value)
    return value


def _accounts(document: Document) -> dict[str, str]:
    table = document.optional_child("accounts")
    for account in table.value:
        if not ACCOUNT.fullmatch(account):
            raise BadInput(table.at(account), f"must be named by {_HOME['account'][1]}", account)
    return {account: table.text(account) for account in table.value}
