"""The worlds of `contain-instance`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.observations.ec2.acls import Acl, AclEntry, SubnetAcls
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.network import QUARANTINE, Network, OwnGroup
from ringfence.observations.ec2.snapshot_locks import SnapshotLocks
from ringfence.observations.ec2.snapshots import Snapshots
from ringfence.observations.ec2.tags import Tags
from ringfence.observations.iam.identity import Identity
from ringfence.observations.iam.instance_denials import InstanceDenial
from ringfence.observations.iam.revocations import Revocation
from ringfence.observations.iam.role_sessions import RoleSessions
from ringfence.runbooks import load
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.iam.ended_revocations import MANY, ListRoleRevocations
from ringfence.steps.iam.instance_sessions import DenyInstanceSessions
from ringfence.steps.iam.role_sessions import AllowRoleSessions
from tests.support.fakes.conversations import REVOKED, ROLE
from tests.support.runbook_worlds import Case, Worlds
from tests.support.strategies.instances import INCIDENT, chosen, incidents, instances
from tests.support.worlds import NOON, REF, estate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hypothesis.strategies import SearchStrategy

    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.symbol import Symbol
    from tests.support.runbook_worlds import Reads, Situation

EVERYTHING = CONTAIN_INSTANCE.chosen(one.id for one in CONTAIN_INSTANCE.remediations if one.optional)
"""The runbook with every option switched on."""
WAYS = ("detach", "standby")


def everything_to_do() -> ResourceState:
    """An instance on which every remediation has something to do."""
    allowing = (
        AclEntry(100, egress, deny=False, protocol="-1", cidr="0.0.0.0/0") for egress in (False, True)
    )
    return estate().with_observation(SubnetAcls((Acl("acl-a", frozenset(allowing)),)))


@cache
def situations(*kinds: type[Observation], settled: bool = False) -> SearchStrategy[Situation]:
    """Any instance in any incident."""
    return st.tuples(instances(*kinds, settled=settled), incidents())


@cache
def steps() -> tuple[Step, ...]:
    """Return every class of step, from plans for instances with everything to do."""
    busy = everything_to_do()
    drifted = OwnGroup("sg-q", "vpc-1", QUARANTINE, "ringfence-quarantine", ours=True, rules=2)
    network = busy[Network]
    states = (
        busy,
        busy.with_observation(Network(network.state, network.interfaces, (drifted,))),
        busy.with_observation(Tags("inc-of-last-year")).with_observation(Scaling()),
        with_old_revocations(),
        with_many_revocations(),
    )
    found = (step for state in states for way in WAYS for step in planned(state, way))
    allowed = AllowRoleSessions(ROLE, REVOKED.instant, (), before=True, after=False)
    listed = (allowed, ListRoleRevocations(ROLE, (REVOKED,), ()))
    return tuple(dict.fromkeys((*found, *on_a_full_role(), *listed)))


ENDED = tuple(InstanceDenial("i-0000000000000000f", NOON, managed) for managed in (False, True))
"""Denials of another instance whose time is over."""


def full_role() -> ResourceState:
    """An instance whose role has denials of other instances."""
    seen = estate()[Identity]
    roles = tuple(replace(one, denials=frozenset(ENDED)) for one in seen.roles)
    return estate().with_observation(replace(seen, roles=roles))


def on_a_full_role() -> Iterator[Step]:
    """Yield the steps after IAM refused another inline policy."""
    (held,) = full_role()[Identity].roles
    refused = DenyInstanceSessions(REF.id, held.role, before=False, after=True)
    incident = Incident(INCIDENT, NOON, ("f-1",), (), chosen(), (refused,), refused=(refused,))
    for step in load("deny-instance-sessions").plan(full_role(), incident):
        yield step
        if not step.irreversible:
            yield step.inverse()


_AGES = (timedelta(days=8), *(timedelta(hours=number) for number in range(1, MANY)))
OLD_REVOCATIONS = frozenset(Revocation(NOON - age, f"{number:010x}") for number, age in enumerate(_AGES))
"""Many revocations of other incidents. One of them protects nothing any more."""


MORE_REVOCATIONS = OLD_REVOCATIONS | {Revocation(NOON - timedelta(hours=MANY), "f" * 10)}
"""Likewise, and so many that still protect something that they are moved to the list."""
LISTED_REVOCATIONS = frozenset(Revocation(NOON - timedelta(days=age), f"{age:x}" * 10) for age in (3, 4, 9))
"""What is in the list of the role. One of them protects nothing any more."""


def with_old_revocations() -> ResourceState:
    """An instance whose role has many revocations. One of them protects nothing any more."""
    return _with_revocations(OLD_REVOCATIONS)


def with_many_revocations() -> ResourceState:
    """An instance whose role has so many revocations that they are moved to the list."""
    return _with_revocations(MORE_REVOCATIONS, LISTED_REVOCATIONS)


def _with_revocations(
    own: frozenset[Revocation], listed: frozenset[Revocation] = frozenset()
) -> ResourceState:
    seen = everything_to_do()[RoleSessions]
    roles = tuple(replace(one, revoked=own, listed=listed) for one in seen.roles)
    return everything_to_do().with_observation(RoleSessions(roles))


def planned(state: ResourceState, way: str) -> Iterator[Step]:
    """Yield every step that any stage plans, and its way back."""
    incident = Incident(INCIDENT, NOON, ("f-1",), ("198.51.100.7", "2001:db8::7"), chosen(way))
    for stage in CONTAIN_INSTANCE.stages:
        for step in stage.plan(state, incident):
            yield step
            if not step.irreversible:
                yield step.inverse()


def reads(observation: type[Observation]) -> Reads:  # noqa: ARG001 - every observation takes its clues from the same
    """Before anything was done, and after all of it."""
    held = DenyInstanceSessions(REF.id, ROLE, before=False, after=True)
    return ((REF, past) for past in ((), steps(), (held,)))


def comparable(state: ResourceState, names: Mapping[Symbol, str]) -> dict[str, object]:
    """Return what a reversible remediation may change: not groups of our own, nor snapshots.

    Groups are told by id: one that was repaired is another symbol, but the same group.
    """
    known = {symbol.key: name for symbol, name in names.items()}
    found: dict[str, object] = {
        kind.__name__: observation
        for kind, observation in state.observations.items()
        if kind not in {Network, Snapshots, SnapshotLocks, Scaling}
    }
    if Network in state:
        for one in state[Network].interfaces:
            ids = {group if isinstance(group, str) else known[group.key] for group in one.groups}
            found[one.id] = ids
    if Identity in state:  # a denial that was tried in vain goes another way
        denied = [
            (one.role, {each.instance_id for each in one.denials - frozenset(ENDED)})
            for one in state[Identity].roles
        ]
        found[Identity.__name__] = (state[Identity].associations, denied)
    if Scaling in state:
        found["scaling"] = (state[Scaling].group, state[Scaling].place)
    return found


CASES = {
    "defaults": Case(CONTAIN_INSTANCE.chosen(()), estate()),
    "detached": Case(EVERYTHING, everything_to_do()),
    "replaced": Case(CONTAIN_INSTANCE.chosen(()), estate()),
    "locked": Case(CONTAIN_INSTANCE.chosen(("lock-snapshots",)), estate()),
    "full-role": Case(CONTAIN_INSTANCE.chosen(()), full_role(), refused=(DenyInstanceSessions,)),
    "old-revocations": Case(CONTAIN_INSTANCE.chosen(("revoke-role-sessions",)), with_old_revocations()),
    "many-revocations": Case(CONTAIN_INSTANCE.chosen(("revoke-role-sessions",)), with_many_revocations()),
    "on-standby": Case(EVERYTHING, everything_to_do(), choices={"auto-scaling": "standby"}),
}
WORLDS = Worlds(CONTAIN_INSTANCE, CASES, situations, steps, reads, comparable)
