"""Opening the transition group, through which an interface passes to stop the tracking of its flows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import Refused
from ringfence.model.step import Done, State, Step, counted
from ringfence.model.symbol import Ready, Symbol, TransitionGroup
from ringfence.observations.ec2.network import ROLE_TAG, TRANSITION, Network

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

RULES = 4
"""Everything in and everything out, each for IPv4 and for IPv6."""
_EVERYTHING: tuple[dict[str, object], ...] = (
    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
)
_DUPLICATE = "InvalidPermission.Duplicate"
_OURS = (("StringEquals", f"aws:ResourceTag/{ROLE_TAG}", (TRANSITION,)),)


@value
class OpenTransitionGroup(Step):
    """Allow all traffic in the transition group, in both directions, for IPv4 and IPv6.

    Attributes
    ----------
    vpc_id : str
        The VPC of the group.
    rules : int
        How many rules it has.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html
    """

    vpc_id: str
    rules: int

    observation: ClassVar = Network
    permissions: ClassVar = tuple(
        Permission(
            f"ec2:AuthorizeSecurityGroup{way}", ("arn:aws:ec2:{region}:{account}:security-group/*",), _OURS
        )
        for way in ("Ingress", "Egress")
    )
    irreversible: ClassVar = "the group stays in its VPC, because other incidents may use it"
    serves_all: ClassVar = True

    @property
    def target(self) -> str:
        """The rules of the VPC's transition group."""
        return f"security-group-rules/{self.vpc_id}/{TRANSITION}"

    @property
    def best_effort(self) -> bool:
        """Cutting tracked flows must not stand in the way of isolation."""
        return True

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """The group must exist."""
        return (Ready(f"{TRANSITION}-exists", self.vpc_id),)

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """The group allows everything."""
        return (Ready(f"{TRANSITION}-open", self.vpc_id),)

    def apply(self, names: Names) -> SansIO[Done]:
        """Add the rules; those that are there already are refused one by one.

        A group that was made a moment ago, and is not shown everywhere yet, is tried again.
        """
        group = names.get(TransitionGroup(self.vpc_id))
        if group is None:
            raise Refused(f"{TransitionGroup(self.vpc_id).key} does not exist")
        yield tuple(
            Call(
                "ec2",
                f"AuthorizeSecurityGroup{way}",
                {"GroupId": group, "IpPermissions": [rule]},
                expected=(_DUPLICATE,),
            )
            for way in ("Ingress", "Egress")
            for rule in _EVERYTHING
        )
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Count its rules."""
        group = observed[Network].own(self.vpc_id, TRANSITION)
        return State.AFTER if group and group.rules >= RULES else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Give the group its rules."""
        seen = observed[Network]
        group = seen.own(self.vpc_id, TRANSITION)
        groups = tuple(
            replace(one, rules=max(one.rules, RULES)) if one == group else one for one in seen.groups
        )
        return observed.with_observation(replace(seen, groups=groups))

    def describe(self) -> str:
        """Describe the change."""
        return f"let the transition group of {self.vpc_id} allow everything"

    def diff(self) -> tuple[str, str]:
        """Count the rules."""
        return counted(self.rules, "rule"), counted(RULES, "rule")
