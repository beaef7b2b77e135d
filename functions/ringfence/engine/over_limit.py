"""What follows when a limit is used up: what it holds back waits for a person. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.engine.execution import Execution
from ringfence.engine.limits import UNKNOWN
from ringfence.model.incident import Incident
from ringfence.policy.limits import OPEN, ROLE, SERVICES, SUBJECT, TARGET_GROUP
from ringfence.record.chain import ChainKey, Slot
from ringfence.record.deployment_facts import BreakerOpened
from ringfence.record.limit_usage import breaker_name, window_of
from ringfence.record.slots import BUDGET, LIMIT

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.errors import LimitReached
    from ringfence.model.remediation import Remediation
    from ringfence.record.history import History

_WINDOWS = MappingProxyType({"hour": "an hour", "day": "a day", OPEN: "at a time"})


def over_limit(
    request: ResponseRequest, reading: Reading, reached: LimitReached, now: datetime
) -> dict[str, str]:
    """Return the remediations that wait for a person because a limit is used up, and the reason.

    The limit of a group, and the share of a role's instances, hold back what takes an instance out of
    service. Every other limit holds back all that can break a workload. Evidence is collected all the same.
    """
    incident = Incident("", now, choices=request.choices)
    if is_of_instances(reached.limit):
        concerned: tuple[Remediation, ...] = tuple(
            one for one in request.runbook.stages[0].breaking(reading.found, incident) if one.scopes
        )
    else:
        concerned = tuple(one for one in request.runbook.remediations if one.can_break)
    reason = _reason(request, reached)
    held = {id_: reason for one in concerned for id_ in (one.id, *one.held_together)}
    return {id_: held[id_] for id_ in request.runbook.ids if id_ in held}


def breaker(
    request: ResponseRequest, reached: LimitReached, history: History, now: datetime
) -> tuple[Execution, BreakerOpened, Slot] | None:
    """Return the fact that a limit was reached, and the item that allows it once in the limit's window.

    None if this incident says so already. The item is written with the fact, so people get one urgent
    notification.
    """
    known = (one for one in history.of(BreakerOpened) if one.limit == shown(reached.limit))
    if not history.entries or any(now < one.until for one in known):
        return None
    slot = Slot(breaker_name(reached.limit), history.incident, now, period=window_of(reached.limit))
    window = reached.limit.rpartition("/")[2]
    fact = BreakerOpened(shown(reached.limit), reached.most, window, slot.until)
    key = ChainKey(request.runbook.id, request.ref.key)
    execution = Execution(key, request.ref, history.incident, request.actor, request.attempt, history)
    return execution, fact, slot


def is_of_instances(limit: str) -> bool:
    """Return whether a limit holds back only what takes an instance out of service.

    Examples
    --------
    >>> [is_of_instances(f"limit/role/111122223333/web/{window}") for window in ("hour", "open")]
    [False, True]
    """
    scope = scope_of(limit)
    return scope in SERVICES or (scope == ROLE and limit.endswith(f"/{OPEN}"))


def scope_of(limit: str) -> str:
    """Return the scope of a limit's name.

    Examples
    --------
    >>> scope_of("limit/critical/account/111122223333/hour")
    'account'
    """
    return limit.removeprefix(LIMIT).removeprefix(BUDGET).partition("/")[0]


def full_name(limit: str) -> str:
    """Return a limit's name with its window, as commands take it.

    Examples
    --------
    >>> full_name("limit/critical/account/111122223333/hour")
    'critical/account/111122223333/hour'
    """
    return limit.removeprefix(LIMIT)


def shown(limit: str) -> str:
    """Return a limit's name for people.

    Examples
    --------
    >>> shown("limit/critical/account/111122223333/hour")
    'critical/account/111122223333'
    """
    return limit.removeprefix(LIMIT).rpartition("/")[0]


def _reason(request: ResponseRequest, reached: LimitReached) -> str:
    window = _WINDOWS[reached.limit.rpartition("/")[2]]
    first = f"{reached.holder or 'another one'} was first"
    if reached.limit.endswith(f"/{OPEN}"):
        first = f"{reached.holder or 'another one'} is contained"
    if reached.limit.startswith(f"{LIMIT}{TARGET_GROUP}/") and f"/{UNKNOWN}/" in reached.limit:
        first = f"{first}, while it is not known which target groups the instance is registered with"
    if scope_of(reached.limit) == SUBJECT:
        first = "responses to this subject repeat, so somebody must find out why"
    return (
        f"{shown(reached.limit)}: at most {reached.most} {window} without a person, and {first}; to "
        f"continue, approve the plan, or run {request.runbook.id} on {request.ref.id} manually"
    )
