"""The names of accounts in the policy file of this folder, which AWS Organizations has for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.model.subject import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

POLICY = Path("policy.yaml")
SECTION = "organization:"


def in_policy(path: Path = POLICY) -> Mapping[str, str]:
    """Return the name of each account in the section `organization`.

    Empty without such a file or section, and for a file that cannot be read: the names are only for people,
    and `ringfence policy check` says what is wrong with it.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError):
        return {}
    if not any(line.startswith(SECTION) for line in text.splitlines()):
        return {}
    from ringfence.model.errors import BadInput
    from ringfence.policy.lookup import get, mapping_of
    from ringfence.policy.yaml_source import read_yaml

    try:
        accounts = mapping_of(get(read_yaml(text).plain, "organization"))
    except BadInput:
        return {}
    names = {account: get(facts, "name") for account, facts in accounts.items() if ACCOUNT.fullmatch(account)}
    return {account: name for account, name in names.items() if isinstance(name, str) and name}
