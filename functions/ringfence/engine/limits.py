"""The limits that a response uses before it changes anything. Pure.

One response to one subject counts once, with everything that it does in its incident. Evidence and notices
never count. What a person requests or approves does not count either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.policy.limits import (
    ACCOUNT,
    CRITICAL,
    FOREVER,
    MOST_OPEN,
    OPEN,
    OVERALL,
    RUNBOOK,
    SHARED,
    SUBJECT,
)
from ringfence.record.chain import Slot
from ringfence.record.slots import BUDGET, LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.finding import Finding
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.remediation import Remediation
    from ringfence.model.runbook import Stage
    from ringfence.model.subject import Ref
    from ringfence.policy.limits import Limits

_LEAKED = ("aws.health", "access-key")
"""The source of findings about leaked keys, and the kind of their subjects."""


@frozen
class Use:
    """Who uses limits, and when. `critical`: the budget of critical findings. `chain`: of the containment."""

    owner: str
    at: datetime
    critical: bool = False
    chain: str = ""


def slots(
    request: ResponseRequest, stage: Stage, resource: ResourceState, incident: Incident, now: datetime
) -> tuple[Slot, ...]:
    """Return the places of limits that a stage's steps need. If the incident has them, it needs none."""
    if request.finding is None or request.decision is None or not request.decision.mode.changes:
        return ()
    breaking = stage.breaking(resource, incident)
    begun = {type(step) for step in incident.past}
    if not breaking or any(not begun.isdisjoint(one.steps) for one in breaking):
        return ()
    critical = is_critical(request.finding.finding, request.ref)
    found: dict[str, Slot] = {}
    for scope, name in _scopes(request, breaking, resource):
        owner = incident.id if scope == SUBJECT else request.ref.key
        chain = f"{request.runbook.id}#{request.ref.key}"
        used = Use(owner, now, critical=critical, chain=chain)
        found.update((one.name, one) for one in slots_of(request.limits, scope, name, used))
    return tuple(found.values())


def slots_of(limits: Limits, scope: str, name: str, used: Use) -> Iterator[Slot]:
    """Yield a slot for each window of a limit. `name` is that of the scope in keys."""
    budget = BUDGET if used.critical and scope not in SHARED else ""
    limit = limits.of(scope, critical=used.critical)
    for window, length, most in limit.windows():
        yield Slot(f"{LIMIT}{budget}{name}/{window}", used.owner, used.at, most, length)
    if limit.share:  # one is allowed whatever the size of the group is, so the first place comes first
        yield Slot(f"{LIMIT}{name}/{OPEN}", used.chain, used.at, MOST_OPEN, FOREVER, 0, limit.share)


def is_critical(finding: Finding, ref: Ref) -> bool:
    """Return whether a finding has the budget of critical findings: also one about a leaked key has."""
    return (finding.source, ref.kind) == _LEAKED or finding.severity >= CRITICAL


def _scopes(
    request: ResponseRequest, breaking: tuple[Remediation, ...], resource: ResourceState
) -> Iterator[tuple[str, str]]:
    """Yield the scopes of a response, and their names in keys."""
    ref = request.ref
    yield OVERALL, OVERALL
    yield ACCOUNT, f"{ACCOUNT}/{ref.account}"
    yield RUNBOOK, f"{RUNBOOK}/{request.runbook.id}"
    yield SUBJECT, f"{SUBJECT}/{request.runbook.id}/{ref.key}"
    for one in breaking:
        for name in one.scopes(resource) if one.scopes else ():
            yield name.partition("/")[0], name
