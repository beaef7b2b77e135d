"""Instances in every condition, for laws: each facet on its own, all of them about one instance."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.model.symbol import QuarantineGroup, TransitionGroup
from ringfence.observations.ec2.acls import Acl, AclEntry, SubnetAcls
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.ec2.network import (
    NAMES,
    QUARANTINE,
    TRANSITION,
    Group,
    Interface,
    Network,
    OwnGroup,
)
from ringfence.observations.ec2.snapshot_locks import SnapshotLocks
from ringfence.observations.ec2.snapshots import Snapshot, Snapshots
from ringfence.observations.ec2.tags import Tags
from ringfence.observations.ec2.target_groups import Registration, Target, Targets
from ringfence.observations.ec2.volumes import Volume, Volumes
from ringfence.observations.iam.identity import Association, HeldRole, Identity, Profile, Role
from ringfence.observations.iam.instance_denials import InstanceDenial
from ringfence.observations.iam.revocations import Revocation, holder_of, whole_second
from ringfence.observations.iam.role_sessions import RoleSessions, RoleUse
from tests.support.strategies.once import once, one_of, set_of
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from ringfence.model.observation import Observation

INCIDENT = "inc-20260301T120000.000000-0123456789"
ROLES = (
    Role("web", "AROAWEB"),
    Role("batch", "AROABATCH", "/jobs/nightly/"),
    Role("AWSServiceRoleForThings", "AROAAWS", "/aws-service-role/things.amazonaws.com/"),
)
DENIALS = (
    InstanceDenial(REF.id),
    InstanceDenial(REF.id, NOON + timedelta(days=7)),
    InstanceDenial(REF.id, NOON + timedelta(days=7), managed=True),
    InstanceDenial("i-0000000000000000f", NOON - timedelta(days=1)),
    InstanceDenial("i-0000000000000000f", NOON - timedelta(days=1), managed=True),
    InstanceDenial("i-0000000000000000f", NOON + timedelta(days=1)),
)
VPCS = ("vpc-1", "vpc-2", "vpc-3")
ODD_TEXTS = st.text(max_size=12) | st.sampled_from(("inc-of-somebody-else", "$", "{region}", "../..", "\x00"))


def chosen(
    way: str = "detach", capacity: str = "replace", hosts: str = "dry-run", lock: str = "governance"
) -> tuple[tuple[str, str], ...]:
    """Return a value for each option of `contain-instance`, by default its own default."""
    return (
        ("auto-scaling", way),
        ("auto-scaling-capacity", capacity),
        ("container-hosts", hosts),
        ("snapshot-lock", lock),
        ("snapshot-lock-days", "30"),
    )


@once
def incidents() -> SearchStrategy[Incident]:
    """One incident, with any of the choices that the runbook offers and any remote addresses."""
    return st.builds(
        Incident,
        id=st.just(INCIDENT),
        opened_at=st.sampled_from((NOON, NOON + timedelta(microseconds=1))),
        findings=st.sampled_from(((), ("f-1",), ("f-1", "f-2"))),
        remote_addresses=st.lists(
            st.sampled_from(
                ("198.51.100.7", "203.0.113.9", "2001:db8::7", "10.0.0.5", "not an address", "127.0.0.1")
            ),
            max_size=3,
        ).map(tuple),
        choices=st.builds(
            chosen,
            st.sampled_from(("detach", "standby")),
            st.sampled_from(("replace", "reduce")),
            st.sampled_from(("dry-run", "isolate")),
            st.sampled_from(("governance", "compliance")),
        ),
    )


@once
def instances(*kinds: type[Observation], settled: bool = False) -> SearchStrategy[ResourceState]:
    """An instance seen through these facets, or through every one; `settled`: nothing is under way."""
    facets: dict[type[Observation], SearchStrategy[Observation]] = {
        Network: networks(settled=settled),
        Lifecycle: lifecycles(settled=settled),
        Volumes: volumes(),
        Scaling: scalings(settled=settled),
        Targets: targets(settled=settled),
        Identity: identities(settled=settled),
        Metadata: st.builds(Metadata, options(), st.just(True) if settled else st.booleans()),
        RoleSessions: role_sessions(),
        Snapshots: snapshots(),
        Tags: st.builds(Tags, st.none() | st.just(INCIDENT) | ODD_TEXTS),
        SubnetAcls: acls(),
        Host: hosts(),
        SnapshotLocks: locks(),
    }
    chosen = {kind: facet for kind, facet in facets.items() if not kinds or kind in kinds}
    return st.fixed_dictionaries(chosen).map(lambda seen: ResourceState(REF, seen))


@once
@st.composite
def networks(draw: DrawFn, *, settled: bool = False) -> Network:
    """Interfaces in up to three VPCs; our groups missing, drifted, in use already, or held by others.

    An interface in a transition group is on its way to quarantine, so a settled one is not in it. No release
    puts one there: the record alone knows the groups before, and without it a release refuses to guess.
    """
    vpcs = draw(_vpcs())
    groups = tuple(
        group for vpc in VPCS for role in (QUARANTINE, TRANSITION) for group in draw(_own_groups(vpc, role))
    )
    usable = Network("running", (), groups).usable()
    interfaces = []
    for number, vpc in enumerate(vpcs):
        strangers: list[Group] = [f"sg-{name}" for name in "abcd"]
        named: list[Group] = [
            symbol
            for symbol in usable
            if symbol == QuarantineGroup(vpc) or (symbol == TransitionGroup(vpc) and not settled)
        ]
        drifted: list[Group] = [
            group.id
            for group in groups
            if group.vpc_id == vpc
            and group.id not in usable.values()
            and not (settled and group.ours and group.role == TRANSITION)
        ]
        chosen = draw(_groups((*strangers, *named, *drifted), tuple(named)))
        interfaces.append(Interface(f"eni-{number}", vpc, chosen))
    return Network(draw(one_of(("running", "stopped"))), tuple(interfaces), groups)


@once
def _vpcs() -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(VPCS), min_size=1, max_size=3)


@once
def _groups(mixed: tuple[Group, ...], alone: tuple[Group, ...]) -> SearchStrategy[frozenset[Group]]:
    """Groups of an interface: some of `mixed`, or one of `alone` without any other."""
    return st.one_of(set_of(mixed, 4), *(st.just(frozenset({symbol})) for symbol in alone))


@once
def _own_groups(vpc: str, role: str) -> SearchStrategy[tuple[OwnGroup, ...]]:
    def group(number: int, *, ours: bool, rules: int) -> OwnGroup:
        name = NAMES[role] + (f"-{number}" if number > 1 else "")
        return OwnGroup(f"sg-{vpc}-{role}-{number}", vpc, role, name, ours=ours, rules=rules)

    rules = st.sampled_from((0, 1, 4, 9))
    return st.one_of(
        st.just(()),
        rules.map(lambda count: (group(1, ours=True, rules=count),)),
        rules.map(lambda count: (group(1, ours=False, rules=count),)),
        rules.map(lambda count: (group(1, ours=False, rules=1), group(2, ours=True, rules=count))),
        rules.map(lambda count: (group(1, ours=True, rules=3), group(2, ours=True, rules=count))),
    )


@once
def hosts() -> SearchStrategy[Host]:
    """With containers or not, in an Auto Scaling group or not."""
    return st.builds(
        Host,
        st.sampled_from(((), ("tag aws:eks:cluster-name", "trunk interface eni-0"))),
        st.sampled_from(("", "web")),
    )


@once
def lifecycles(*, settled: bool) -> SearchStrategy[Lifecycle]:
    """Running or not, Spot or not, protected or not, on an instance store or not."""
    states = ("running", "stopped") if settled else ("running", "stopped", "pending", "stopping")
    return st.builds(
        Lifecycle,
        state=st.sampled_from(states),
        spot=st.booleans(),
        instance_store_root=st.booleans(),
        protected=st.booleans(),
        on_shutdown=st.sampled_from(("stop", "terminate")),
        stop_protected=st.booleans(),
    )


@once
def volumes() -> SearchStrategy[Volumes]:
    """Up to three volumes, the first of which may be the root."""

    def built(flags: list[bool], root: bool) -> Volumes:  # noqa: FBT001 - drawn
        return Volumes(
            tuple(
                Volume(f"vol-{number}", f"/dev/sd{'abc'[number]}", root and number == 0, ends)
                for number, ends in enumerate(flags)
            )
        )

    return st.builds(built, st.lists(st.booleans(), max_size=3), st.booleans())


@once
def scalings(*, settled: bool) -> SearchStrategy[Scaling]:
    """In no group, in service, on standby, in a warm pool, or on the way between these."""
    steady = ("InService", "Standby", "Warmed:Running")
    passing = ("Pending", "Detaching", "EnteringStandby", "Terminating:Wait")
    names = st.sampled_from(("web", "a group (blue) / 2"))
    member = st.builds(Scaling, names, st.sampled_from(steady if settled else (*steady, *passing)))
    return st.just(Scaling()) | member


@once
def targets(*, settled: bool) -> SearchStrategy[Targets]:
    """Registered in some groups by instance id or address; elsewhere draining."""
    target = st.builds(Target, st.sampled_from((REF.id, "10.0.0.5")), st.sampled_from((80, 8080)))
    registered = st.frozensets(target, min_size=1, max_size=2)

    def built(groups: dict[str, frozenset[Target]], gone: frozenset[Target], unread: int) -> Targets:
        found = [Registration(name, one) for name, one in sorted(groups.items())]
        return Targets((*found, *([Registration("tg-z", frozenset(), gone)] if gone else [])), unread)

    return st.builds(
        built,
        st.dictionaries(st.sampled_from(("tg-a", "tg-b")), registered),
        st.just(frozenset()) if settled else st.frozensets(target, max_size=1),
        st.integers(0, 1),
    )


@once
def identities(*, settled: bool) -> SearchStrategy[Identity]:
    """No profile, one with or without a role or path, one that is going; roles known from before."""
    states = ("associated",) if settled else ("associated", "associating", "disassociating")

    def built(
        path: str, role: Role | None, state: str, known: dict[Role, frozenset[InstanceDenial]], *, none: bool
    ) -> Identity:
        profile = Profile(f"arn:aws:iam::{REF.account}:instance-profile{path}web", role)
        held = {**({role: frozenset()} if role and not none else {}), **known}
        return Identity(
            () if none else (Association("iip-assoc-1", profile, state),),
            tuple(HeldRole(one, denials) for one, denials in held.items()),
        )

    return st.builds(
        built,
        st.sampled_from(("/", "/team/web/")),
        st.none() | st.sampled_from(ROLES),
        st.sampled_from(states),
        st.dictionaries(st.sampled_from(ROLES), st.frozensets(st.sampled_from(DENIALS), max_size=2)),
        none=st.booleans(),
    )


@once
def options() -> SearchStrategy[MetadataOptions]:
    """Any options of the metadata service."""
    switch = st.sampled_from(("enabled", "disabled"))
    return st.builds(
        MetadataOptions,
        endpoint=switch,
        tokens=st.sampled_from(("optional", "required")),
        hop_limit=st.integers(1, 64),
        ipv6=switch,
        tags=switch,
    )


def _revocations(instants: frozenset[datetime]) -> frozenset[Revocation]:
    """Return earlier revocations by an older version, and later ones by this instance's incident."""
    return frozenset(Revocation(one, holder_of(REF) if one > NOON else "") for one in instants)


@once
def role_sessions() -> SearchStrategy[RoleSessions]:
    """Roles that others use, with sessions revoked earlier, later or never."""
    whole = whole_second(NOON)
    instants = st.sampled_from((whole - timedelta(days=1), whole + timedelta(hours=1)))
    listed = st.sampled_from((whole - timedelta(days=2), whole + timedelta(hours=2)))
    use = st.builds(
        RoleUse,
        st.sampled_from(ROLES),
        st.frozensets(instants).map(_revocations),
        st.integers(0, 8).map(lambda count: tuple(f"i-{number:017x}" for number in range(count))),
        st.frozensets(listed).map(_revocations),
    )
    return st.builds(RoleSessions, st.lists(use, max_size=2, unique_by=lambda one: one.role.id).map(tuple))


@once
def locks() -> SearchStrategy[SnapshotLocks]:
    """Snapshots of which some are locked."""
    ids = st.frozensets(st.integers(0, 9).map(lambda number: f"snap-{number}"), max_size=4)
    return st.builds(lambda seen, locked: SnapshotLocks(seen.taken, locked), snapshots(), ids)


@once
def snapshots() -> SearchStrategy[Snapshots]:
    """Snapshots of this incident and of others, of volumes that are attached and that are not."""
    taken = st.builds(
        Snapshot,
        id=st.integers(0, 9).map(lambda number: f"snap-{number}"),
        volume_id=st.sampled_from(("vol-0", "vol-1", "vol-2", "vol-gone")),
        incident=st.sampled_from((INCIDENT, "inc-other", "")),
        writing=st.booleans(),
        started=st.sampled_from((None, NOON - timedelta(days=1), NOON, NOON + timedelta(hours=1))),
    )
    return st.builds(Snapshots, st.frozensets(taken, max_size=4), st.booleans())


@once
def acls() -> SearchStrategy[SubnetAcls]:
    """Network ACLs that allow all, allow nothing, or have rules of their own in the way."""
    entry = st.builds(
        AclEntry,
        number=st.sampled_from((1, 2, 100)),
        egress=st.booleans(),
        deny=st.booleans(),
        protocol=st.sampled_from(("-1", "6")),
        cidr=st.sampled_from(("0.0.0.0/0", "::/0", "198.51.100.0/24", "203.0.113.9/32", "odd")),
    )
    entries = st.lists(entry, max_size=6, unique_by=lambda one: (one.number, one.egress)).map(frozenset)
    known = st.dictionaries(st.sampled_from(("acl-a", "acl-b")), entries)
    built = known.map(lambda found: tuple(Acl(name, held) for name, held in sorted(found.items())))
    return st.builds(SubnetAcls, built)
