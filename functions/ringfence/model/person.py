"""Who an ARN stands for."""

from __future__ import annotations

import re

_ROLE = re.compile(r"arn:[\w-]+:(?:sts|iam)::(\d{12}):(?:assumed-)?role/(.+)", re.ASCII)


def person(arn: str) -> str:
    """Return who an ARN stands for. The members of one role are one person.

    In most cases, those who may assume a role choose the name of the session. So two sessions of a role do
    not prove two people. A role's ARN in STS has no path.
    """
    found = _ROLE.fullmatch(arn)
    if found is None:
        return arn
    account, name = found.groups()
    role = name.split("/")[0] if ":assumed-role/" in arn else name.rpartition("/")[2]
    return f"role {role} of account {account}"
