"""The names of limits: those that a policy has for everybody, and one that a person names. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.engine.limits import Use, slots_of
from ringfence.model.errors import BadInput
from ringfence.policy.limits import ACCOUNT, OVERALL, RUNBOOK, SCOPES, SHARED
from ringfence.record.slots import BUDGET, LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.policy.limits import Limits
    from ringfence.record.chain import Slot

_NAME = re.compile(r"[!-~]{1,900}")
_NOBODY = ""


def known(
    limits: Limits, accounts: Iterable[str], runbooks: Iterable[str], now: datetime
) -> tuple[Slot, ...]:
    """Return the limits of the scopes that a policy names: overall, its accounts and the runbooks.

    A group, a VPC, a role or a subject is known only when something uses its limit.
    """
    return tuple(_known(limits, tuple(accounts), tuple(runbooks), now))


def _known(
    limits: Limits, accounts: tuple[str, ...], runbooks: tuple[str, ...], now: datetime
) -> Iterator[Slot]:
    scopes = (
        (OVERALL, OVERALL),
        *((ACCOUNT, f"{ACCOUNT}/{one}") for one in accounts),
        *((RUNBOOK, f"{RUNBOOK}/{one}") for one in runbooks),
    )
    for critical in (False, True):
        for scope, name in scopes:
            yield from slots_of(limits, scope, name, Use(_NOBODY, now, critical=critical))


def named(limits: Limits, text: str, now: datetime) -> Slot:
    """Return the limit with a name such as `account/111122223333/hour`. Raises BadInput.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from ringfence.policy.limits import Limits
    >>> named(Limits(), "critical/overall/day", datetime.now(UTC)).most
    100
    """
    critical = text.startswith(BUDGET)
    name = text.removeprefix(BUDGET).rpartition("/")[0]
    scope = name.partition("/")[0]
    good = _NAME.fullmatch(text) and scope in SCOPES and (scope == OVERALL) == (name == OVERALL)
    if not good or (critical and scope in SHARED):
        raise BadInput("limit", "must be the name of a limit, such as account/111122223333/hour", text)
    of_scope = slots_of(limits, scope, name, Use(_NOBODY, now, critical=critical))
    found = next((one for one in of_scope if one.name == f"{LIMIT}{text}"), None)
    if found is None:
        raise BadInput("limit", "is not a limit of the policy", text)
    return found
