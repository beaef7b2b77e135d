"""The network ACLs of the subnets in which an instance has interfaces."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Call, Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import NotFound
from ringfence.model.observation import Observation
from ringfence.model.step import Step
from ringfence.observations.ec2.instance import describe_instance, described_instance, ec2_describes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.subject import Ref

ALL = "-1"
"""Every protocol."""
NUMBERS = range(1, 32767)
"""The numbers that rules may have; the last rule of all, which denies the rest, is 32767."""
UNREADABLE = ("UnauthorizedOperation", "RequestLimitExceeded", "InternalError", "Unavailable")
"""Refusals that must not stand in the way of isolation, which reads beside this."""


@value
class AclEntry:
    """One numbered rule of a network ACL. `cidr` is the remote side."""

    number: int
    egress: bool
    deny: bool
    protocol: str
    cidr: str

    def touches(self, address: str) -> bool:
        """Return whether the rule is about an address, given as CIDR, or any part of it."""
        ours, theirs = _network(self.cidr), _network(address)
        if isinstance(ours, IPv4Network) and isinstance(theirs, IPv4Network):
            return ours.overlaps(theirs)
        if isinstance(ours, IPv6Network) and isinstance(theirs, IPv6Network):
            return ours.overlaps(theirs)
        return False


@value
class Acl:
    """A network ACL: what crosses the border of its subnets, whatever the security groups say."""

    id: str
    entries: frozenset[AclEntry]

    def blocks(self, address: str, *, egress: bool) -> bool:
        """Return whether no rule lets anything through between the subnets and an address."""
        for entry in sorted(self.entries, key=lambda entry: entry.number):
            if entry.egress == egress and entry.touches(address):
                if not entry.deny:
                    return False
                if entry.protocol == ALL:
                    return True
        return True

    def free_number(self, address: str, *, egress: bool, taken: frozenset[int] = frozenset()) -> int | None:
        """Return the lowest free number; None if rules that let the address through come before it."""
        held = {entry.number for entry in self.entries if entry.egress == egress} | taken
        number = next(number for number in NUMBERS if number not in held)
        before = (entry for entry in self.entries if entry.egress == egress and entry.number < number)
        return None if any(not entry.deny and entry.touches(address) for entry in before) else number

    def entry(self, number: int, *, egress: bool) -> AclEntry | None:
        """Return the rule of that number and direction."""
        return next((one for one in self.entries if (one.number, one.egress) == (number, egress)), None)


class AclStep(Step):
    """A step that records a network ACL: where to look once no interface lies behind it any more."""

    acl_id: str


@value
class SubnetAcls(Observation):
    """The network ACLs of the instance's subnets, each once, and those of earlier steps.

    Attributes
    ----------
    acls : tuple of Acl
        Each with its id and its entries.
    readable : bool
        Whether EC2 showed them.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html
    """

    acls: tuple[Acl, ...] = ()
    readable: bool = True

    permissions: ClassVar = ec2_describes("Instances", "NetworkAcls")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read instance and ACLs side by side: one round trip, as isolation waits for it.

        Rules in an ACL outlive the instance. Raises NotFound if it is gone and no earlier step
        names an ACL.
        """
        described, answer = yield (
            describe_instance(ref.id),
            Call("ec2", "DescribeNetworkAcls", pages=True, expected=UNREADABLE),
        )
        known = {step.acl_id for step in past if isinstance(step, AclStep)}
        subnets = _subnets(described, ref, certain=not known)
        if isinstance(answer, Failed):
            return cls(readable=False)
        return cls(
            tuple(
                read_acl(acl)
                for acl in answer.children("NetworkAcls")
                if acl.text("NetworkAclId") in known
                or any(one.optional_text("SubnetId") in subnets for one in acl.children("Associations"))
            )
        )

    def by_id(self, acl_id: str) -> Acl | None:
        """Return the ACL of that id."""
        return next((acl for acl in self.acls if acl.id == acl_id), None)


def _subnets(described: Answer, ref: Ref, *, certain: bool) -> set[str]:
    """Return the subnets of the instance's interfaces. Where it is gone: none, or NotFound if `certain`."""
    try:
        instance = described_instance(described, ref)
    except NotFound:
        if certain:
            raise
        return set()
    return {interface.text("SubnetId") for interface in instance.children("NetworkInterfaces")}


def read_acl(acl: Document) -> Acl:
    """Return the network ACL that EC2 describes, without its last rule."""
    return Acl(acl.text("NetworkAclId"), frozenset(_entries(acl)))


def acl_in(answer: Answer) -> Acl | None:
    """Return the only ACL in an answer; None if it is gone."""
    if isinstance(answer, Failed):
        return None
    return next((read_acl(acl) for acl in answer.children("NetworkAcls")), None)


def _entries(acl: Document) -> Iterator[AclEntry]:
    for entry in acl.children("Entries"):
        number = entry.integer("RuleNumber")
        cidr = entry.optional_text("CidrBlock") or entry.optional_text("Ipv6CidrBlock")
        if number in NUMBERS and cidr:
            yield AclEntry(
                number=number,
                egress=entry.flag("Egress"),
                deny=entry.text("RuleAction") == "deny",
                protocol=entry.text("Protocol"),
                cidr=cidr,
            )


@lru_cache(maxsize=1024)  # each rule is compared with each address, again and again
def _network(cidr: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(cidr, strict=False)
    except ValueError:
        return None
