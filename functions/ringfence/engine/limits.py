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
    TARGET_GROUP,
    VPC,
)
from ringfence.record.chain import NOT_READ, Slot, digest
from ringfence.record.slots import BUDGET, LIMIT, share_of

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
    from ringfence.record.chain import Members

_LEAKED = ("aws.health", "access-key")
"""The source of findings about leaked keys, and the kind of their subjects."""
UNKNOWN = "unknown"
"""What stands in the place of a target group whose members nobody has read: one for each VPC."""


@frozen
class Use:
    """Who uses limits, and when.

    Attributes
    ----------
    owner : str
        Who uses them.
    at : datetime
        Since when.
    critical : bool
        Whether the budget of critical findings is used.
    chain : str or None
        The chain of the containment, which uses the shares of groups. None: the response uses no share.
    size : int
        How large the group is. 0: that is not known yet.
    """

    owner: str
    at: datetime
    critical: bool = False
    chain: str | None = ""
    size: int = 0


def slots(  # noqa: PLR0913, PLR0917 - what a stage is planned from, and what is known of its subject's groups
    request: ResponseRequest,
    stage: Stage,
    resource: ResourceState,
    incident: Incident,
    now: datetime,
    members: Members = NOT_READ,
) -> tuple[Slot, ...]:
    """Return the places of limits that a stage's steps need. If the incident has them, it needs none."""
    if request.finding is None or request.decision is None or not request.decision.mode.changes:
        return ()
    if not (breaking := first_to_break(stage, resource, incident)):
        return ()
    critical = is_critical(request.finding.finding, request.ref)
    found: dict[str, Slot] = {}
    chain = f"{request.runbook.id}#{request.ref.key}" if request.runbook.sizes else None
    groups = members.groups if members.known(now) else None
    for scope, name, size in _scopes(request, breaking, resource, groups):
        owner = incident.id if scope == SUBJECT else request.ref.key
        used = Use(owner, now, critical=critical, chain=chain, size=size)
        found.update((one.name, one) for one in slots_of(request.limits, scope, name, used))
    return tuple(found.values())


def first_to_break(stage: Stage, resource: ResourceState, incident: Incident) -> tuple[Remediation, ...]:
    """Return the remediations that count. None if the incident has begun one: then it has its places."""
    breaking = stage.breaking(resource, incident)
    begun = {type(step) for step in incident.past}
    return () if any(not begun.isdisjoint(one.steps) for one in breaking) else breaking


def slots_of(limits: Limits, scope: str, name: str, used: Use) -> Iterator[Slot]:
    """Yield a slot for each window of a limit. `name` is that of the scope in keys."""
    budget = BUDGET if used.critical and scope not in SHARED else ""
    limit = limits.of(scope, critical=used.critical)
    for window, length, most in limit.windows():
        yield Slot(f"{LIMIT}{budget}{name}/{window}", used.owner, used.at, most, length)
    if used.chain is not None and (share := limits.of(scope, critical=False).share):
        yield _open(name, share, used.chain, used)


def _open(name: str, share: int, chain: str, used: Use) -> Slot:
    """Return the slot of a share.

    One is allowed whatever the size of the group is. So the first place comes first while nobody knows it.
    """
    most = share_of(used.size, share, MOST_OPEN)
    place = int(digest(chain)[:8], 16) % most
    return Slot(f"{LIMIT}{name}/{OPEN}", chain, used.at, MOST_OPEN, FOREVER, place, share, size=used.size)


def is_critical(finding: Finding, ref: Ref) -> bool:
    """Return whether a finding has the budget of critical findings: also one about a leaked key has."""
    return (finding.source, ref.kind) == _LEAKED or finding.severity >= CRITICAL


def _scopes(
    request: ResponseRequest,
    breaking: tuple[Remediation, ...],
    resource: ResourceState,
    groups: tuple[tuple[str, int], ...] | None,
) -> Iterator[tuple[str, str, int]]:
    """Yield the scopes of a response, their names in keys, and the sizes of groups that are known.

    `groups` are the target groups of the subject. None: they are not known.
    """
    ref = request.ref
    yield OVERALL, OVERALL, 0
    yield ACCOUNT, f"{ACCOUNT}/{ref.account}", 0
    yield RUNBOOK, f"{RUNBOOK}/{request.runbook.id}", 0
    yield SUBJECT, f"{SUBJECT}/{request.runbook.id}/{ref.key}", 0
    for one in breaking:
        for name in one.scopes(resource) if one.scopes else ():
            scope, _, rest = name.partition("/")
            yield scope, name, 0
            if scope == VPC and request.runbook.members and groups is None:
                yield TARGET_GROUP, unknown_groups(rest), 0
    if request.runbook.members and any(one.scopes for one in breaking):
        for group, size in groups or ():
            yield TARGET_GROUP, f"{TARGET_GROUP}/{ref.account}/{ref.region}/{group}", size


def unknown_groups(vpc: str) -> str:
    """Return what stands for the target groups of a VPC that nobody has read.

    Examples
    --------
    >>> unknown_groups("111122223333/eu-west-1/vpc-1")
    'target-group/111122223333/eu-west-1/unknown/vpc-1'
    """
    place, _, id_ = vpc.rpartition("/")
    return f"{TARGET_GROUP}/{place}/{UNKNOWN}/{id_}"
