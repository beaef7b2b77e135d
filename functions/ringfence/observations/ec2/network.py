"""The network side of an instance: its interfaces, and the groups that can cut them off."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document, tags
from ringfence.model.call import Call, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen, replace
from ringfence.model.observation import Observation
from ringfence.model.symbol import QuarantineGroup, TransitionGroup
from ringfence.observations.ec2.instance import describe_instance, described_instance, ec2_describes, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol

ROLE_TAG = "ringfence:role"
"""The tag on Ringfence's own groups; its value is the group's role."""
QUARANTINE = "quarantine"
TRANSITION = "transition"
NAMES = {QUARANTINE: "ringfence-quarantine", TRANSITION: "ringfence-transition"}
"""The name of the group of each role; where a stranger holds it, a number is appended."""

OurGroup = QuarantineGroup | TransitionGroup
Group = str | OurGroup
"""A security group: by id, or by what it is to us."""


@value
class Interface:
    """A network interface of the instance, possibly in another VPC.

    A `trunk` carries the branch interfaces of containers, which have their own groups and do not belong to
    the instance. `operator` is the AWS service that manages it, and `foreign_owner` the account that it
    belongs to if that is another one. Empty for other interfaces.
    """

    id: str
    vpc_id: str
    groups: frozenset[Group]
    trunk: bool = False
    operator: str = ""
    foreign_owner: str = ""

    @property
    def quarantined(self) -> bool:
        """Whether only the quarantine group of its VPC applies to it."""
        return self.groups == {QuarantineGroup(self.vpc_id)}


@value
class OwnGroup:
    """A security group by one of our names. `rules`: how many it has.

    `ours`: it bears our tag, and it belongs to the account of the instance. The owner of a group can open it.
    """

    id: str
    vpc_id: str
    role: str
    name: str
    ours: bool
    rules: int


class SeesGroups(Observation):
    """An observation that shows Ringfence's own security groups. A subclass is a `@value` class."""

    groups: tuple[OwnGroup, ...]

    def with_groups(self, groups: tuple[OwnGroup, ...]) -> Self:
        """Return what is seen once these are the groups."""
        raise NotImplementedError

    def rules_at_birth(self) -> int:
        """Return how many rules EC2 gives a new group: the rule that allows all egress."""
        return 1

    def trusted(self, provided: Mapping[str, frozenset[str]], *, strict: bool) -> tuple[OwnGroup, ...]:
        """Return the groups, and take only those for ours that Ringfence recorded."""

        def ours(group: OwnGroup) -> bool:
            known = provided.get(_symbol(group).key)
            return group.ours and (group.id in known if known else not strict)

        return tuple(replace(one, ours=ours(one)) for one in self.groups)

    def names(self) -> Mapping[Symbol, str]:
        """Return our groups, be their rules right or not: one that has drifted is repaired by its id."""
        return {symbol: group.id for symbol, group in self._by_symbol.items()}

    def usable(self) -> Mapping[Symbol, str]:
        """Return the groups that can be relied on: ours by tag, in their VPC, with the right rules."""
        return {symbol: one.id for symbol, one in self._by_symbol.items() if _has_right_rules(one)}

    def own(self, vpc_id: str, role: str) -> OwnGroup | None:
        """Return our group of a role in a VPC, be its rules right or not: the one nearest to that."""
        return self._by_symbol.get(_KINDS[role].symbol(vpc_id))

    @cached_property
    def _by_symbol(self) -> Mapping[OurGroup, OwnGroup]:
        """Our groups. A response asks for them again and again."""
        return _own(self.groups)

    def free_name(self, vpc_id: str, role: str) -> str:
        """Return a name for a new group that nobody in the VPC holds."""
        taken = Counter(group.name for group in self.groups if group.vpc_id == vpc_id)
        candidates = (
            NAMES[role] + (f"-{number}" if number > 1 else "") for number in range(1, len(taken) + 2)
        )
        return next(name for name in candidates if name not in taken)


@value
class Network(SeesGroups):
    """The network interfaces of an instance, and Ringfence's own security groups.

    Attributes
    ----------
    state : str
        The instance's state, such as `running`.
    interfaces : tuple of Interface
        Each with its VPC and its security groups.
    groups : tuple of OwnGroup
        Security groups with the names of Ringfence's own, in every VPC of the region.
    unclear : tuple of str
        What the response lacks, in words. The instance is not contained before it is complete.
    proven : bool
        Whether Ringfence's own groups are those that it recorded. If False, name and tag alone say so.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html
    """

    state: str
    interfaces: tuple[Interface, ...]
    groups: tuple[OwnGroup, ...] = ()
    unclear: tuple[str, ...] = ()
    proven: bool = True

    permissions: ClassVar = ec2_describes("Instances", "SecurityGroups")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read instance and groups side by side: one round trip."""
        instances, groups = yield (
            describe_instance(ref.id),
            Call(
                "ec2",
                "DescribeSecurityGroups",
                {"Filters": [{"Name": "group-name", "Values": [f"{name}*" for name in NAMES.values()]}]},
                pages=True,
            ),
        )
        found = described_instance(instances, ref)
        described = document(groups).children("SecurityGroups")
        own = tuple(filter(None, (own_group(one, ref.account) for one in described)))
        symbols: dict[Group, Group] = {group.id: symbol for symbol, group in _usable(own).items()}
        interfaces, unclear = _interfaces(found, symbols, ref.account)
        return cls(state_of(found), interfaces, own, unclear, proven=False)

    def trusting(self, provided: Mapping[str, frozenset[str]], *, strict: bool) -> Self:
        """Take only those groups for ours that Ringfence recorded. Everybody can choose names and tags."""
        if self.proven:
            return self

        groups = self.trusted(provided, strict=strict)
        ids: dict[object, str] = dict(self.usable().items())
        found = (
            replace(one, groups=frozenset(ids.get(group, group) for group in one.groups))
            for one in self.interfaces
        )
        return replace(self, groups=groups, interfaces=_named(found, groups), proven=True)

    def settling(self) -> str:
        """Return what EC2 must show before the instance can be contained: every interface, and at least one.

        An instance has its interfaces from its launch to its termination. But a response can lack them.
        """
        if self.unclear:
            return "; ".join(self.unclear)
        return "" if self.interfaces else f"EC2 shows no network interface of the {self.state} instance"

    def with_groups(self, groups: tuple[OwnGroup, ...]) -> Self:
        """Return what is seen once these are the groups. Interfaces in one with the right rules show it."""
        return replace(self, groups=groups, interfaces=_named(self.interfaces, groups))

    def vpcs(self) -> tuple[str, ...]:
        """Return the VPCs in which the instance has interfaces."""
        return tuple(sorted({interface.vpc_id for interface in self.interfaces}))


@frozen
class _Kind:
    symbol: type[OurGroup]
    empty: bool


_KINDS = {QUARANTINE: _Kind(QuarantineGroup, empty=True), TRANSITION: _Kind(TransitionGroup, empty=False)}


def _own(groups: tuple[OwnGroup, ...]) -> dict[OurGroup, OwnGroup]:
    """Map symbols to our groups, where there are several to the one with the rules nearest to right."""

    def nearest(group: OwnGroup) -> tuple[int, str]:
        return (group.rules if _KINDS[group.role].empty else -group.rules, group.name)

    own: dict[OurGroup, OwnGroup] = {}
    for group in sorted(groups, key=nearest):
        if group.ours:
            own.setdefault(_symbol(group), group)
    return own


def _symbol(group: OwnGroup) -> OurGroup:
    return _KINDS[group.role].symbol(group.vpc_id)


def _has_right_rules(group: OwnGroup) -> bool:
    return (group.rules == 0) == _KINDS[group.role].empty


def _usable(groups: tuple[OwnGroup, ...]) -> dict[OurGroup, OwnGroup]:
    """Leave out groups that have drifted."""
    return {symbol: group for symbol, group in _own(groups).items() if _has_right_rules(group)}


def _named(interfaces: Iterable[Interface], groups: tuple[OwnGroup, ...]) -> tuple[Interface, ...]:
    """Replace the ids of our groups with the right rules by their symbols. A VPC can have several of them."""
    symbols: dict[Group, Group] = {
        one.id: _symbol(one) for one in groups if one.ours and _has_right_rules(one)
    }
    return tuple(
        replace(one, groups=frozenset(symbols.get(group, group) for group in one.groups))
        for one in interfaces
    )


def own_group(group: Document, account: str) -> OwnGroup | None:
    """Return one of our groups. None for another group, or if the response lacks what must be known of it."""
    try:
        return _read_own_group(group, account)
    except BadInput:
        return None


def _read_own_group(group: Document, account: str) -> OwnGroup | None:
    name, marked = group.text("GroupName"), tags(group).get(ROLE_TAG, "")
    role = next((role for role, base in NAMES.items() if name.startswith(base)), None)
    if role is None or not group.has("VpcId"):
        return None
    rules = sum(
        _sources(rule) for key in ("IpPermissions", "IpPermissionsEgress") for rule in group.children(key)
    )
    ours = marked == role and group.optional_text("OwnerId") == account
    return OwnGroup(group.text("GroupId"), group.text("VpcId"), role, name, ours, rules)


def _sources(rule: Document) -> int:
    """Count the rules of one permission. Each source is a separate rule."""
    return sum(
        len(rule.items(key)) for key in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
    )


def _interfaces(
    instance: Document, symbols: Mapping[Group, Group], account: str
) -> tuple[tuple[Interface, ...], tuple[str, ...]]:
    """Return the interfaces, and in words which ones the response does not describe completely."""
    interfaces, unclear = list[Interface](), list[str]()
    for interface in instance.children("NetworkInterfaces"):
        try:
            interfaces.append(_interface(interface, symbols, account))
        except BadInput as error:
            unclear.append(f"EC2 does not describe an interface completely: {error}")
    return tuple(interfaces), tuple(unclear)


def _interface(interface: Document, symbols: Mapping[Group, Group], account: str) -> Interface:
    operator, owner = interface.optional_child("Operator"), interface.optional_text("OwnerId")
    return Interface(
        interface.text("NetworkInterfaceId"),
        interface.text("VpcId"),
        frozenset(
            symbols.get(group.text("GroupId"), group.text("GroupId"))
            for group in interface.children("Groups")
        ),
        interface.optional_text("InterfaceType") == "trunk",
        (operator.optional_text("Principal") or "a service") if operator.flag("Managed") else "",
        owner if owner and owner != account else "",
    )
