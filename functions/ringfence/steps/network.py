"""Steps on security groups and interfaces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.core.answers import accept, document, tags
from ringfence.core.call import Call, Failed, Permission
from ringfence.core.codec import value
from ringfence.core.errors import Refused, Retryable
from ringfence.core.step import Done, State, Step, counted
from ringfence.core.symbol import QuarantineGroup, Ready, Symbol, TransitionGroup
from ringfence.facets.network import QUARANTINE, ROLE_TAG, TRANSITION, Group, Network, OwnGroup

if TYPE_CHECKING:
    from ringfence.core.facet import Observed
    from ringfence.core.step import Changing, Names

_GROUPS = "arn:aws:ec2:{region}:{account}:security-group/*"
_OURS = (("StringEquals", f"aws:ResourceTag/{ROLE_TAG}", (QUARANTINE, TRANSITION)),)
_DESCRIBE = Permission(
    "ec2:DescribeSecurityGroups", ("*",), reason="EC2's Describe actions know no resources"
)
_DESCRIBE_RULES = Permission(
    "ec2:DescribeSecurityGroupRules", ("*",), reason="EC2's Describe actions know no resources"
)
_CREATE = (
    # A VPC that is shared belongs to another account, and its ARN names that one.
    Permission("ec2:CreateSecurityGroup", (_GROUPS, "arn:aws:ec2:{region}:*:vpc/*")),
    Permission(
        "ec2:CreateTags",
        (_GROUPS,),
        (("StringEquals", "ec2:CreateAction", ("CreateSecurityGroup",)),),
        implied=True,
    ),
    _DESCRIBE,
)
_SYMBOLS: dict[str, type[QuarantineGroup | TransitionGroup]] = {
    QUARANTINE: QuarantineGroup,
    TRANSITION: TransitionGroup,
}
DUPLICATE = ("InvalidGroup.Duplicate",)


@value
class CreateOwnGroup(Step):
    """Create our group of a role in a VPC. It is born allowing all egress."""

    vpc_id: str
    role: str
    name: str

    facet: ClassVar = Network
    permissions: ClassVar = _CREATE
    irreversible: ClassVar = "the group belongs to its VPC and may serve other incidents"

    @property
    def target(self) -> str:
        """The group of that name."""
        return f"security-group/{self.vpc_id}/{self.name}"

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """The group exists."""
        return (Ready(f"{self.role}-exists", self.vpc_id),)

    def apply(self, names: Names) -> Changing:  # noqa: ARG002 - relies on no symbol
        """Create it; where another responder was faster, take theirs."""
        (created,) = yield (
            Call(
                "ec2",
                "CreateSecurityGroup",
                {
                    "GroupName": self.name,
                    "Description": f"Ringfence {self.role}: do not edit",
                    "VpcId": self.vpc_id,
                    "TagSpecifications": [
                        {"ResourceType": "security-group", "Tags": [{"Key": ROLE_TAG, "Value": self.role}]}
                    ],
                },
                expected=DUPLICATE,
            ),
        )
        if not isinstance(created, Failed):
            return Done({self._symbol: created.text("GroupId")})
        (described,) = yield (_by_name(self.vpc_id, self.name),)
        for group in document(described).children("SecurityGroups"):
            if tags(group).get(ROLE_TAG) == self.role:
                return Done({self._symbol: group.text("GroupId")}, "another responder had created it")
        raise Retryable(f"a group called {self.name} appeared in {self.vpc_id}, without our tag")

    @property
    def _symbol(self) -> Symbol:
        return _SYMBOLS[self.role](self.vpc_id)

    def state(self, observed: Observed) -> State:
        """Look for it by name and tag."""
        return State.AFTER if observed[Network].own(self.vpc_id, self.role) else State.BEFORE

    def effect(self, observed: Observed) -> Observed:
        """Add the group with the egress rule that it is born with."""
        seen = observed[Network]
        if seen.own(self.vpc_id, self.role):
            return observed
        born = OwnGroup(
            f"sg-{self.vpc_id}-{self.name}", self.vpc_id, self.role, self.name, ours=True, rules=1
        )
        return observed.seen(replace(seen, groups=(*seen.groups, born)))

    def words(self) -> str:
        """Say what is created."""
        return f"create security group {self.name} in {self.vpc_id}"

    def change(self) -> tuple[str, str]:
        """Nothing before, the group after."""
        return "none", self.name


@value
class EmptyQuarantineGroup(Step):
    """Revoke every rule of the quarantine group, by rule id."""

    vpc_id: str
    rules: int

    facet: ClassVar = Network
    permissions: ClassVar = (
        _DESCRIBE_RULES,
        Permission("ec2:RevokeSecurityGroupIngress", (_GROUPS,), _OURS),
        Permission("ec2:RevokeSecurityGroupEgress", (_GROUPS,), _OURS),
    )
    irreversible: ClassVar = "a quarantine group with rules is none"

    @property
    def target(self) -> str:
        """The rules of the VPC's quarantine group."""
        return f"security-group-rules/{self.vpc_id}/{QUARANTINE}"

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """The group must exist."""
        return (Ready(f"{QUARANTINE}-exists", self.vpc_id),)

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """The group allows nothing."""
        return (Ready(f"{QUARANTINE}-empty", self.vpc_id),)

    def apply(self, names: Names) -> Changing:
        """List the rules, revoke them."""
        group = _id(names, QuarantineGroup(self.vpc_id))
        (answer,) = yield (
            Call(
                "ec2",
                "DescribeSecurityGroupRules",
                {"Filters": [{"Name": "group-id", "Values": [group]}]},
                pages=True,
            ),
        )
        rules = tuple(document(answer).children("SecurityGroupRules"))
        revokes = tuple(
            Call("ec2", operation, {"GroupId": group, "SecurityGroupRuleIds": ids})
            for operation, egress in (
                ("RevokeSecurityGroupEgress", True),
                ("RevokeSecurityGroupIngress", False),
            )
            if (
                ids := [rule.text("SecurityGroupRuleId") for rule in rules if rule.flag("IsEgress") == egress]
            )
        )
        if revokes:
            yield revokes
        return Done(note=f"revoked {len(rules)} rules")

    def state(self, observed: Observed) -> State:
        """Count its rules."""
        group = observed[Network].own(self.vpc_id, QUARANTINE)
        return State.AFTER if group and not group.rules else State.BEFORE

    def effect(self, observed: Observed) -> Observed:
        """Empty the group; interfaces that travel with it are quarantined from now on."""
        seen = observed[Network]
        group = seen.own(self.vpc_id, QUARANTINE)
        if group is None:
            return observed
        groups = tuple(replace(one, rules=0) if one == group else one for one in seen.groups)
        known = {group.id: QuarantineGroup(self.vpc_id)}
        interfaces = tuple(
            replace(one, groups=frozenset(known.get(str(name), name) for name in one.groups))
            for one in seen.interfaces
        )
        return observed.seen(replace(seen, groups=groups, interfaces=interfaces))

    def words(self) -> str:
        """Say what is revoked."""
        return f"revoke every rule of the quarantine group of {self.vpc_id}"

    def change(self) -> tuple[str, str]:
        """Count the rules."""
        return counted(self.rules, "rule"), "no rules"


@value
class SetSecurityGroups(Step):
    """Set the security groups of one interface, all at once."""

    interface_id: str
    vpc_id: str
    before: frozenset[Group]
    after: frozenset[Group]

    facet: ClassVar = Network
    permissions: ClassVar = (
        Permission(
            "ec2:ModifyNetworkInterfaceAttribute",
            ("arn:aws:ec2:{region}:{account}:network-interface/*", _GROUPS),
        ),
    )
    _GONE: ClassVar = ("InvalidNetworkInterfaceID.NotFound",)
    _REFUSED: ClassVar = ("InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound", "OperationNotPermitted")

    @property
    def target(self) -> str:
        """The interface's groups."""
        return f"network-interface/{self.interface_id}/groups"

    @property
    def _opens(self) -> bool:
        """Whether this moves the interface to the transition group, on its way to quarantine."""
        return self.after == {TransitionGroup(self.vpc_id)}

    @property
    def best_effort(self) -> bool:
        """Cutting tracked flows must not stand in the way of isolation."""
        return self._opens

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """The quarantine group must allow nothing, before an interface is opened on the way there too."""
        if self._opens:
            return (Ready(f"{TRANSITION}-open", self.vpc_id), Ready(f"{QUARANTINE}-empty", self.vpc_id))
        return tuple(
            Ready(f"{QUARANTINE}-empty", group.vpc_id)
            for group in sorted(self.after, key=str)
            if isinstance(group, QuarantineGroup)
        )

    @property
    def follows(self) -> tuple[Symbol, ...]:
        """Where tracked flows are cut, quarantine comes after."""
        return () if self._opens else self._untracked

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """In the transition group, flows that talk stop being tracked."""
        return self._untracked if self._opens else ()

    @property
    def _untracked(self) -> tuple[Symbol, ...]:
        return (Ready("untracked", self.interface_id),)

    def apply(self, names: Names) -> Changing:
        """Replace the groups."""
        groups = sorted(_id(names, group) for group in self.after)
        (answer,) = yield (
            Call(
                "ec2",
                "ModifyNetworkInterfaceAttribute",
                {"NetworkInterfaceId": self.interface_id, "Groups": groups},
                expected=(*self._GONE, *self._REFUSED),
            ),
        )
        accept(answer, gone=self._GONE, refused=self._REFUSED)
        return Done()

    def state(self, observed: Observed) -> State:
        """Compare the interface's groups."""
        interface = next((one for one in observed[Network].interfaces if one.id == self.interface_id), None)
        if interface is None:
            return State.GONE
        if interface.groups == self.after:
            return State.AFTER
        in_transition = interface.groups == {TransitionGroup(self.vpc_id)}
        return State.BEFORE if in_transition or interface.groups == self.before else State.DRIFTED

    def effect(self, observed: Observed) -> Observed:
        """Replace the groups."""
        seen = observed[Network]
        return observed.seen(
            replace(
                seen,
                interfaces=tuple(
                    replace(one, groups=self.after) if one.id == self.interface_id else one
                    for one in seen.interfaces
                ),
            )
        )

    def found(self, observed: Observed) -> str:
        """Name the groups that it has."""
        groups = [one.groups for one in observed[Network].interfaces if one.id == self.interface_id]
        return ", ".join(_shown(groups[0])) or "none" if groups else "no such interface"

    def words(self) -> str:
        """Say which interface moves."""
        return f"move {self.interface_id} to {', '.join(_shown(self.after))}"

    def change(self) -> tuple[str, str]:
        """Name the groups before and after."""
        return ", ".join(_shown(self.before)) or "none", ", ".join(_shown(self.after)) or "none"


def _shown(groups: frozenset[Group]) -> list[str]:
    return sorted(
        group if isinstance(group, str) else f"the {_role(group)} group of {group.vpc_id}" for group in groups
    )


def _role(group: QuarantineGroup | TransitionGroup) -> str:
    return next(role for role, kind in _SYMBOLS.items() if isinstance(group, kind))


def _id(names: Names, group: Group) -> str:
    if isinstance(group, str):
        return group
    if group not in names:
        raise Refused(f"{group.key} does not exist")
    return names[group]


def _by_name(vpc_id: str, name: str) -> Call:
    filters = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [vpc_id]}]
    return Call("ec2", "DescribeSecurityGroups", {"Filters": filters})
