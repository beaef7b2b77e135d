"""Steps on the security groups of our own: made where they are missing, emptied where they have rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import Refused, Retryable
from ringfence.model.step import Done, State, Step, counted
from ringfence.model.symbol import QuarantineGroup, Ready, Symbol, TransitionGroup
from ringfence.observations.ec2.network import (
    QUARANTINE,
    ROLE_TAG,
    TRANSITION,
    Group,
    Network,
    OwnGroup,
    SeesGroups,
)

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

GROUPS = "arn:aws:ec2:{region}:{account}:security-group/*"
_OURS = (("StringEquals", f"aws:ResourceTag/{ROLE_TAG}", (QUARANTINE, TRANSITION)),)
_DESCRIBE = Permission(
    "ec2:DescribeSecurityGroups", ("*",), reason="EC2's Describe actions have no resource types"
)
_DESCRIBE_RULES = Permission(
    "ec2:DescribeSecurityGroupRules", ("*",), reason="EC2's Describe actions have no resource types"
)
_CREATE = (
    # A VPC that is shared belongs to another account, and its ARN names that one.
    Permission("ec2:CreateSecurityGroup", (GROUPS, "arn:aws:ec2:{region}:*:vpc/*")),
    Permission(
        "ec2:CreateTags",
        (GROUPS,),
        (("StringEquals", "ec2:CreateAction", ("CreateSecurityGroup",)),),
        implied=True,
    ),
)
SYMBOLS: dict[str, type[QuarantineGroup | TransitionGroup]] = {
    QUARANTINE: QuarantineGroup,
    TRANSITION: TransitionGroup,
}
"""What our group of each role is called in plans."""
_DUPLICATE = ("InvalidGroup.Duplicate",)
MOST_NAMES = 6
"""How many names are tried at once."""


@value
class CreateOwnGroup(Step):
    """Create a security group of Ringfence in a VPC. EC2 adds a rule that allows all egress.

    Attributes
    ----------
    vpc_id : str
        The VPC.
    role : str
        What the group is for: `quarantine` or `transition`.
    name : str
        The name of the group.
    account : str
        The account that will own it. Steps of earlier versions do not name it.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    """

    vpc_id: str
    role: str
    name: str
    account: str = ""

    observation: ClassVar[type[SeesGroups]] = Network
    permissions: ClassVar = _CREATE
    irreversible: ClassVar = "the group stays in its VPC, because other incidents may use it"
    serves_all: ClassVar = True

    @property
    def target(self) -> str:
        """The group of that name."""
        return f"security-group/{self.vpc_id}/{self.name}"

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """The group exists."""
        return (Ready(f"{self.role}-exists", self.vpc_id),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Create it, under another name where somebody holds this one.

        Who created the other group cannot be proven, not even that it was Ringfence. In a shared VPC it can
        belong to another account, whose groups are not shown. Many accounts can share a VPC, so the second
        name contains the account.
        """
        for name in self._names():
            (created,) = yield (self._create(name),)
            if not isinstance(created, Failed):
                note = "" if name == self.name else f"as {name}: somebody holds the name {self.name}"
                return Done({self._symbol: created.text("GroupId")}, note)
        raise Retryable(
            f"{_DUPLICATE[0]}: somebody in {self.vpc_id} holds the name {self.name} and all others that were "
            "tried: delete one of these groups"
        )

    def _names(self) -> tuple[str, ...]:
        own = (f"{self.name}-{self.account}",) if self.account else ()
        numbered = (f"{self.name}-{number}" for number in range(2, MOST_NAMES + 1))
        return (self.name, *own, *numbered)[:MOST_NAMES]

    def _create(self, name: str) -> Call:
        return Call(
            "ec2",
            "CreateSecurityGroup",
            {
                "GroupName": name,
                "Description": f"Ringfence {self.role}: do not edit",
                "VpcId": self.vpc_id,
                "TagSpecifications": [
                    {"ResourceType": "security-group", "Tags": [{"Key": ROLE_TAG, "Value": self.role}]}
                ],
            },
            expected=_DUPLICATE,
        )

    @property
    def _symbol(self) -> Symbol:
        return SYMBOLS[self.role](self.vpc_id)

    def state(self, observed: ResourceState) -> State:
        """Look for it by name and tag."""
        return State.AFTER if observed[self.observation].own(self.vpc_id, self.role) else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add the group with the egress rules that it is born with."""
        seen = observed[self.observation]
        if seen.own(self.vpc_id, self.role):
            return observed
        id_, rules = f"sg-{self.vpc_id}-{self.name}", seen.rules_at_birth()
        born = OwnGroup(id_, self.vpc_id, self.role, self.name, ours=True, rules=rules)
        return observed.with_observation(seen.with_groups((*seen.groups, born)))

    def describe(self) -> str:
        """Describe the change."""
        return f"create security group {self.name} in {self.vpc_id}"

    def diff(self) -> tuple[str, str]:
        """Nothing before, the group after."""
        return "none", self.name


@value
class EmptyQuarantineGroup(Step):
    """Revoke every rule of the quarantine group, by rule id.

    Attributes
    ----------
    vpc_id : str
        The VPC of the group.
    rules : int
        How many rules it has.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
    """

    vpc_id: str
    rules: int

    observation: ClassVar[type[SeesGroups]] = Network
    permissions: ClassVar = (
        _DESCRIBE,
        _DESCRIBE_RULES,
        Permission("ec2:RevokeSecurityGroupIngress", (GROUPS,), _OURS),
        Permission("ec2:RevokeSecurityGroupEgress", (GROUPS,), _OURS),
    )
    irreversible: ClassVar = "a quarantine group must have no rules"
    serves_all: ClassVar = True

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

    def apply(self, names: Names) -> SansIO[Done]:
        """List the rules, revoke them. A group that was just made may show none, and is born with one."""
        group = id_of(names, QuarantineGroup(self.vpc_id))
        (answer,) = yield (
            Call(
                "ec2",
                "DescribeSecurityGroupRules",
                {"Filters": [{"Name": "group-id", "Values": [group]}]},
                pages=True,
            ),
        )
        rules = tuple(document(answer).children("SecurityGroupRules"))
        if not rules:
            yield from _shown_without_rules(group)
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
        return Done(note=f"revoked {counted(len(rules), 'rule')}")

    def state(self, observed: ResourceState) -> State:
        """Count its rules."""
        group = observed[self.observation].own(self.vpc_id, QUARANTINE)
        return State.AFTER if group and not group.rules else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Empty the group; interfaces that travel with it are quarantined from now on."""
        seen = observed[self.observation]
        group = seen.own(self.vpc_id, QUARANTINE)
        if group is None:
            return observed
        groups = tuple(replace(one, rules=0) if one == group else one for one in seen.groups)
        return observed.with_observation(seen.with_groups(groups))

    def describe(self) -> str:
        """Describe the change."""
        return f"revoke every rule of the quarantine group of {self.vpc_id}"

    def diff(self) -> tuple[str, str]:
        """Count the rules."""
        return counted(self.rules, "rule"), "no rules"


def id_of(names: Names, group: Group) -> str:
    """Return a group's id; raises Refused for one of ours that does not exist."""
    if isinstance(group, str):
        return group
    if group not in names:
        raise Refused(f"{group.key} does not exist")
    return names[group]


def _shown_without_rules(group: str) -> SansIO[None]:
    """Look whether EC2 shows the group, and no rules of it; raises Retryable if it does not yet.

    https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
    """
    (answer,) = yield (_describe(**{"group-id": group}),)
    for shown in document(answer).children("SecurityGroups"):
        if not (*shown.children("IpPermissions"), *shown.children("IpPermissionsEgress")):
            return
    raise Retryable(f"EC2 does not show the rules of {group} yet")


def _describe(**filters: str) -> Call:
    given = [{"Name": name, "Values": [one]} for name, one in filters.items()]
    return Call("ec2", "DescribeSecurityGroups", {"Filters": given})
