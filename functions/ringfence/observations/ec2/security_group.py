"""A security group: its rules, each by what it allows, and what uses it.

A rule gets another id when it is revoked and authorized again, so their content identifies rules: no
group has two rules of one direction with the same protocol, ports and peer.
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept, document, tags
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import NotFound
from ringfence.model.observation import Observation
from ringfence.model.step import counted
from ringfence.observations.ec2.acls import UNREADABLE
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.ec2.network import ROLE_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed", "InvalidSecurityGroupID.NotFound")
DEFAULT = "default"
"""The name of every VPC's default group, which no other may have."""
PREFIX_LISTS = "arn:aws:ec2:{region}:*:prefix-list/*"
"""AWS's own lists have no account in their ARN, and those of other accounts theirs."""
MOST_INTERFACES, MOST_LISTS, MOST_ENTRIES = 100, 5, 100
"""How much is read beside the rules: one page each."""
_TCP, _ALL = ("tcp", "6"), "-1"
_ANY = -1
_NO_LIST = ("InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound")
_RESERVED = "aws:"


@value
class Rule:
    """One rule. `peer` is a CIDR, a prefix list `pl-…` or a group `sg-…`; `owner` the account of a group.

    Ports are -1 where the protocol has none or all are meant. `tags` are without AWS's own, which nobody
    else can set.
    """

    egress: bool
    protocol: str
    from_port: int
    to_port: int
    peer: str
    owner: str = ""
    connection: str = ""
    description: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """What no two rules of a group have in common."""
        direction = "egress" if self.egress else "ingress"
        return f"{direction}/{self.protocol}/{self.from_port}-{self.to_port}/{self.peer}"

    @property
    def prefix(self) -> int | None:
        """The length of the peer's prefix; None if it is no CIDR."""
        _, slash, length = self.peer.partition("/")
        return int(length) if slash and length.isdecimal() else None

    @property
    def world(self) -> bool:
        """Whether every address is meant, of IPv4 or IPv6."""
        return self.prefix == 0

    def reaches(self, ports: Iterable[int]) -> bool:
        """Return whether TCP traffic to any of the ports is allowed."""
        if self.protocol == _ALL:
            return True
        every = self.from_port == _ANY
        return self.protocol in _TCP and any(every or self.from_port <= one <= self.to_port for one in ports)

    def traffic(self) -> str:
        """Name protocol and ports for a person."""
        if self.protocol == _ALL:
            return "all traffic"
        if self.from_port == _ANY:
            return self.protocol
        ports = f"{self.from_port}" if self.from_port == self.to_port else f"{self.from_port}-{self.to_port}"
        return f"{self.protocol} {ports}"

    def words(self) -> str:
        """Return in words what is allowed. The author of the rule wrote the description."""
        described = f" ({ascii(self.description)[1:-1]})" if self.description else ""
        return f"{self.traffic()} {'to' if self.egress else 'from'} {self.peer}{described}"


@value
class SecurityGroup(Observation):
    """A security group: its rules, and what uses it.

    Attributes
    ----------
    name : str
        The name; `default` for the default group of a VPC.
    owner : str
        The account that owns it.
    rules : frozenset of Rule
        Every rule, in and out.
    role : str
        The value of the tag of Ringfence's own groups. Anybody may have set it.
    interfaces : int
        How many interfaces use it, of the first page that EC2 shows.
    instances : tuple of str
        The instances of those interfaces.
    more : bool
        Whether further interfaces use it.
    countable : bool
        Whether EC2 showed the interfaces.
    open_lists : tuple of str
        Prefix lists among the sources that hold every address.
    unread : tuple of str
        Prefix lists among the sources that could not be read.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
    """

    name: str
    owner: str
    rules: frozenset[Rule] = frozenset()
    role: str = ""
    interfaces: int = 0
    instances: tuple[str, ...] = ()
    more: bool = False
    countable: bool = True
    open_lists: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    permissions: ClassVar = (
        *ec2_describes("NetworkInterfaces", "SecurityGroupRules", "SecurityGroups"),
        Permission("ec2:GetManagedPrefixListEntries", (PREFIX_LISTS,)),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read group, rules and users side by side; then the prefix lists among the sources, if any."""
        described, ruled, used = yield (
            Call("ec2", "DescribeSecurityGroups", {"GroupIds": [ref.id]}, expected=NO_GROUP),
            describe_rules(ref.id),
            Call(
                "ec2",
                "DescribeNetworkInterfaces",
                {"Filters": [{"Name": "group-id", "Values": [ref.id]}], "MaxResults": MOST_INTERFACES},
                expected=UNREADABLE,
            ),
        )
        group = next(accept(described, not_found=NO_GROUP).children("SecurityGroups"), None)
        if group is None:
            raise NotFound(f"{ref.id} does not exist in {ref.region} of account {ref.account}")
        rules = frozenset(rules_in(ruled))
        lists = sorted({one.peer for one in rules if not one.egress and one.peer.startswith("pl-")})
        asked = lists[:MOST_LISTS]
        answers = (yield tuple(_entries(one) for one in asked)) if asked else ()
        read = dict(zip(asked, answers, strict=True))
        interfaces = () if isinstance(used, Failed) else tuple(used.children("NetworkInterfaces"))
        attached = (one.optional_child("Attachment").optional_text("InstanceId") for one in interfaces)
        return cls(
            name=group.text("GroupName"),
            owner=group.optional_text("OwnerId") or ref.account,
            rules=rules,
            role=tags(group).get(ROLE_TAG, ""),
            interfaces=len(interfaces),
            instances=tuple(sorted({one for one in attached if one})),
            more=not isinstance(used, Failed) and used.has("NextToken"),
            countable=not isinstance(used, Failed),
            open_lists=tuple(one for one, answer in read.items() if _holds_the_world(answer)),
            unread=tuple(one for one in lists if not _is_whole(read.get(one))),
        )

    def like(self, rule: Rule) -> Rule | None:
        """Return the rule that allows the same, whatever its description and tags."""
        return next((one for one in self.rules if one.key == rule.key), None)

    def in_order(self) -> tuple[Rule, ...]:
        """Return the rules in an order that does not change."""
        return tuple(sorted(self.rules, key=lambda one: one.key))

    def used_by(self) -> str:
        """Return as text what depends on the group."""
        if not self.countable:
            return "its uses could not be read"
        if not self.interfaces:
            return "no network interface uses it"
        least = "at least " if self.more else ""
        of = f", of {', '.join(self.instances)}" if self.instances else ""
        return f"used by {least}{counted(self.interfaces, 'network interface')}{of}"


def describe_rules(group_id: str) -> Call:
    """Return the call that lists the rules of a group."""
    filters = [{"Name": "group-id", "Values": [group_id]}]
    return Call("ec2", "DescribeSecurityGroupRules", {"Filters": filters}, pages=True, expected=NO_GROUP)


def rules_in(answer: Answer) -> dict[Rule, str]:
    """Return the rules in an answer, each with its id; none where the group is gone."""
    if isinstance(answer, Failed):
        return {}
    return {_rule(one): one.text("SecurityGroupRuleId") for one in answer.children("SecurityGroupRules")}


def _rule(rule: Document) -> Rule:
    group = rule.optional_child("ReferencedGroupInfo")
    cidr = rule.optional_text("CidrIpv4") or rule.optional_text("CidrIpv6")
    return Rule(
        egress=rule.flag("IsEgress"),
        protocol=rule.text("IpProtocol"),
        from_port=rule.integer("FromPort") if rule.has("FromPort") else _ANY,
        to_port=rule.integer("ToPort") if rule.has("ToPort") else _ANY,
        peer=cidr or rule.optional_text("PrefixListId") or group.optional_text("GroupId") or "",
        owner=group.optional_text("UserId") or "",
        connection=group.optional_text("VpcPeeringConnectionId") or "",
        description=rule.optional_text("Description") or "",
        tags=tuple(sorted(one for one in tags(rule).items() if not one[0].startswith(_RESERVED))),
    )


def _entries(list_id: str) -> Call:
    return Call(
        "ec2",
        "GetManagedPrefixListEntries",
        {"PrefixListId": list_id, "MaxResults": MOST_ENTRIES},
        expected=(*UNREADABLE, *_NO_LIST),
    )


def _holds_the_world(answer: Answer) -> bool:
    if isinstance(answer, Failed):
        return False
    return any(
        (one.optional_text("Cidr") or "").endswith("/0") for one in document(answer).children("Entries")
    )


def _is_whole(answer: Answer | None) -> bool:
    return answer is not None and not isinstance(answer, Failed) and not answer.has("NextToken")
