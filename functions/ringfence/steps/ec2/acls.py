"""Steps on the network ACLs of subnets."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State
from ringfence.observations.ec2.acls import ALL, AclEntry, AclStep, SubnetAcls, acl_in
from ringfence.observations.ec2.instance import ec2_describes

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_ACLS = ("arn:aws:ec2:{region}:{account}:network-acl/*",)
_GONE = ("InvalidNetworkAclID.NotFound",)


class _AclStep(AclStep):
    """What denying and allowing have in common."""

    acl_id: str
    number: int
    egress: bool
    cidr: str
    before: bool
    after: bool

    observation: ClassVar = SubnetAcls
    survives_subject: ClassVar = True

    @property
    def target(self) -> str:
        """The address in one direction of the ACL."""
        return f"network-acl/{self.acl_id}/{self._direction}/{self.cidr}"

    @property
    def _direction(self) -> str:
        return "to" if self.egress else "from"

    @property
    def entry(self) -> AclEntry:
        """The rule that denies the address."""
        return AclEntry(number=self.number, egress=self.egress, deny=True, protocol=ALL, cidr=self.cidr)

    def state(self, observed: ResourceState) -> State:
        """Look for our rule under its number."""
        seen = observed[SubnetAcls]
        acl = seen.by_id(self.acl_id)
        if acl is None:
            return State.GONE if seen.readable else State.DRIFTED
        there = acl.entry(self.number, egress=self.egress)
        if there is not None and there != self.entry:
            return State.DRIFTED
        return State.AFTER if (there is not None) == self.after else State.BEFORE

    def actual(self, observed: ResourceState) -> str:
        """Write the rule that is there."""
        seen = observed[SubnetAcls]
        if not seen.readable:
            return "network ACLs that cannot be read"
        acl = seen.by_id(self.acl_id)
        there = acl.entry(self.number, egress=self.egress) if acl else None
        return (
            f"rule {there.number}, which {'denies' if there.deny else 'allows'} {there.cidr}"
            if there
            else "none"
        )

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add the rule or take it away."""
        seen = observed[SubnetAcls]
        acls = tuple(
            replace(acl, entries=acl.entries | {self.entry} if self.after else acl.entries - {self.entry})
            if acl.id == self.acl_id
            else acl
            for acl in seen.acls
        )
        return observed.with_observation(replace(seen, acls=acls))

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        before, after = (
            f"rule {self.number} denies it" if one else "no rule" for one in (self.before, self.after)
        )
        return before, after


@value
class DenyAddress(_AclStep):
    """Deny all traffic between a subnet and one remote address, in one direction.

    Attributes
    ----------
    acl_id : str
        The network ACL.
    number : int
        The number of the entry. Entries apply in ascending order.
    egress : bool
        Whether it is for outgoing traffic.
    cidr : str
        The remote address, such as `198.51.100.7/32`.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html
    """

    acl_id: str
    number: int
    egress: bool
    cidr: str
    before: bool
    after: bool

    permissions: ClassVar = (Permission("ec2:CreateNetworkAclEntry", _ACLS),)
    _REFUSED: ClassVar = (
        "NetworkAclEntryLimitExceeded",
        "NetworkAclEntryAlreadyExists",
        "InvalidParameterValue",
    )

    @property
    def best_effort(self) -> bool:
        """Blocking one address must not stand in the way of isolation."""
        return True

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Create the rule.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html
        """
        block = "CidrBlock" if ip_network(self.cidr).version == 4 else "Ipv6CidrBlock"  # noqa: PLR2004 - of IP
        (answer,) = yield (
            Call(
                "ec2",
                "CreateNetworkAclEntry",
                {
                    "NetworkAclId": self.acl_id,
                    "RuleNumber": self.number,
                    "Protocol": ALL,
                    "RuleAction": "deny",
                    "Egress": self.egress,
                    block: self.cidr,
                },
                expected=(*_GONE, *self._REFUSED),
            ),
        )
        accept(answer, not_found=_GONE, refused=self._REFUSED)
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return f"deny traffic {self._direction} {self.cidr} in network ACL {self.acl_id}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return f"no host in the subnets of {self.acl_id} can reach {self.cidr}"


@value
class AllowAddress(_AclStep):
    """Delete the rule, if it still is the one that Ringfence created.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkAclEntry.html
    """

    acl_id: str
    number: int
    egress: bool
    cidr: str
    before: bool
    after: bool

    permissions: ClassVar = (
        *ec2_describes("NetworkAcls"),
        Permission("ec2:DeleteNetworkAclEntry", _ACLS),
    )
    inverse_type: ClassVar = DenyAddress
    _MISSING: ClassVar = ("InvalidNetworkAclEntry.NotFound",)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Check that the rule with this number is ours, then delete it."""
        (looked,) = yield (
            Call("ec2", "DescribeNetworkAcls", {"NetworkAclIds": [self.acl_id]}, expected=_GONE),
        )
        acl = acl_in(looked)
        if acl is None or self.entry not in acl.entries:
            return Done(note="it no longer existed")
        key = {"NetworkAclId": self.acl_id, "RuleNumber": self.number, "Egress": self.egress}
        (answer,) = yield (Call("ec2", "DeleteNetworkAclEntry", key, expected=(*_GONE, *self._MISSING)),)
        accept(answer, not_found=(*_GONE, *self._MISSING))
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return f"remove the denial of traffic {self._direction} {self.cidr} from network ACL {self.acl_id}"


DenyAddress.inverse_type = AllowAddress
