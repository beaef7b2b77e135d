"""Revoke ingress from the internet to ports of a security group, source by source.

A rule with a range of ports, or with all traffic, is revoked completely if it includes such a port. The
response reports what else it allowed. Rules with narrower sources stay, on the same ports too.
"""

from __future__ import annotations

from ipaddress import collapse_addresses, ip_network
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.model.remediation import Option, remediation
from ringfence.model.step import counted
from ringfence.model.subject import NetworkRef
from ringfence.observations.ec2.network import NAMES
from ringfence.observations.ec2.security_group import SecurityGroup
from ringfence.steps.ec2.security_group import RevokeRule, revoke

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.observations.ec2.security_group import Rule

SSH, COMMON = judged_by("restricted-ssh"), judged_by("restricted-common-ports")
RDP = judged_by("restricted-rdp")
"""Security Hub's name for the rule about common ports with the port of RDP alone."""
HIGH_RISK, REMOTE = judged_by("vpc-sg-restricted-common-ports"), judged_by("vpc-sg-port-restriction-check")
"""Security Hub's name for that rule with the ports of EC2.19, and the rule about ports of administration."""
CALLS = recorded("ec2", "AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules")
PORTS, COMMON_PORTS = "ports", "common-ports"
SSH_PORT, RDP_PORT = 22, 3389
HIGH_RISK_PORTS = frozenset(
    (
        *(20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333),
        *(5000, 5432, 5500, 5601, 8080, 8088, 8888, 9200, 9300),
    )
)
"""The ports of the control EC2.19 of Security Hub. They cannot be customized.

https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19
"""
_JUDGED = (
    (SSH, frozenset((SSH_PORT,))),
    (RDP, frozenset((RDP_PORT,))),
    (REMOTE, frozenset((SSH_PORT, RDP_PORT))),
    (HIGH_RISK, HIGH_RISK_PORTS),
)
"""The TCP ports of the rules with the same ports everywhere."""
WIDE = {4: 8, 6: 16}
"""Prefixes shorter than these, by IP version, cover almost the whole internet."""
MUCH = 2.0**-8
"""The part of all addresses that several ranges may allow together without a word."""
_LIST = r"[0-9]{1,5}(,[0-9]{1,5}){0,49}"


def ports(incident: Incident) -> frozenset[int]:
    """Return the ports of the findings. Recorded calls and manual runs use the option."""
    types = frozenset(incident.types)
    meant = {port for one, fixed in _JUDGED if types.intersection(one.types) for port in fixed}
    judged = bool(meant) or bool(types.intersection(COMMON.types))
    if types.intersection(COMMON.types):
        meant.update(_numbers(incident.choice(COMMON_PORTS)))
    if not judged or types.intersection(CALLS.types):
        meant.update(_numbers(incident.choice(PORTS)))
    return frozenset(meant)


def _numbers(chosen: str) -> Iterator[int]:
    yield from map(int, chosen.split(","))


def whole_world(group: ResourceState, incident: Incident) -> Iterator[Rule]:
    """Yield the rules that open one of the ports to every address."""
    for rule in group[SecurityGroup].in_order():
        if not rule.egress and rule.world and rule.reaches(ports(incident)):
            yield rule


def own_by_tag(group: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """The group has the name and tag of Ringfence's own groups. Everybody can set them."""
    seen = group[SecurityGroup]
    name = NAMES.get(seen.role)
    if name and seen.name.startswith(name):
        yield (
            f"{group.ref.id} has the name and tag of Ringfence's own {seen.role} group, which Ringfence's "
            "responses manage; everybody who may create groups can use this name and tag"
        )


def somebody_elses(group: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield that a group belongs to another account, which shares it."""
    owner = group[SecurityGroup].owner
    if owner != group.ref.account:
        yield f"{group.ref.id} belongs to account {owner}, which shares it: change it there"


def still_open(group: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what depends on the rules, what else they allow, and the residual risk."""
    seen, meant = group[SecurityGroup], ports(incident)
    if seen.owner != group.ref.account:
        return
    revoked = tuple(whole_world(group, incident))
    if revoked:
        yield f"{group.ref.id}: {seen.used_by()}"
    for rule in revoked:
        if rule.from_port != rule.to_port or rule.protocol == "-1":
            yield f"the whole rule is revoked, although it allows more than {_shown(meant)}: {rule.words()}"
    for rule in seen.in_order():
        if not rule.egress and rule not in revoked:
            yield from _left(rule, seen, meant)
    yield from _in_pieces([one for one in seen.in_order() if not one.egress and one.reaches(meant)])
    if any(isinstance(one, RevokeRule) for one in incident.past):
        yield (
            "connections that were open when a rule was revoked can stay open while they have traffic, "
            "because security groups track them"
        )


def _left(rule: Rule, seen: SecurityGroup, meant: frozenset[int]) -> Iterator[str]:
    if rule.world:
        yield f"not revoked, because no finding is about it, although it allows the internet: {rule.words()}"
    if not rule.reaches(meant):
        return
    if rule.prefix and rule.prefix < WIDE[6 if ":" in rule.peer else 4]:
        yield f"not revoked, although its source is almost the whole internet: {rule.words()}"
    if rule.peer in seen.open_lists:
        yield (
            "not revoked, although its prefix list contains every address; a person must change it: "
            f"{rule.words()}"
        )
    elif rule.peer in seen.unread:
        yield f"not revoked, because its prefix list could not be read: {rule.words()}"


def _in_pieces(rules: list[Rule]) -> Iterator[str]:
    """Yield how much of the internet several ranges allow together, if it is more than one may alone."""
    for version, widest in WIDE.items():
        ranges = [ip_network(one.peer, strict=False) for one in rules if one.prefix is not None]
        public = [one for one in ranges if one.version == version and not one.is_private]
        pieces = [one for one in public if one.prefixlen >= widest]
        share = sum(2.0**-one.prefixlen for one in _joined(pieces))
        if len(pieces) > 1 and share > MUCH:
            yield (
                f"not revoked, although {counted(len(pieces), 'range')} together allow {share:.1%} of all "
                f"addresses of IPv{version}"
            )


def _joined(ranges: Sequence[IPv4Network | IPv6Network]) -> Iterator[IPv4Network | IPv6Network]:
    """Join ranges of one version, so that no address counts twice."""
    yield from collapse_addresses(ranges)  # type: ignore[type-var]  # all of one version


def _shown(meant: frozenset[int]) -> str:
    return f"port{'s' if len(meant) > 1 else ''} {', '.join(map(str, sorted(meant)))}"


@remediation(
    id="revoke-open-ingress",
    title="Revoke ingress from the internet to ports of a security group",
    subject=NetworkRef,
    triggers=(SSH, RDP, COMMON, HIGH_RISK, REMOTE, CALLS),
    observations=(SecurityGroup,),
    steps=(RevokeRule,),
    references=("ATT&CK M1037",),
    countermeasures=("D3-ITF",),
    controls=("security-group-ingress",),
    options=(
        Option(
            PORTS,
            ("22,3389",),
            "TCP ports that must not be open to the internet, for recorded calls and manual runs; for "
            "the Config rule restricted-ssh, the port is always 22",
            _LIST,
        ),
        Option(
            COMMON_PORTS,
            ("20,21,3306,3389,4333",),
            "the ports of the Config rule restricted-common-ports. The default is that of the rule; "
            "change it if the rule's parameters name other ports",
            _LIST,
        ),
    ),
    workload_risk="a service that is meant to be public on these ports",
    downgrade_reasons=own_by_tag,
    residual_risk=still_open,
    needs_review=somebody_elses,
)
def revoke_open_ingress(group: ResourceState, incident: Incident) -> Iterator[Step]:
    """Revoke each rule that opens one of the ports to the internet."""
    if group[SecurityGroup].owner == group.ref.account:
        for rule in whole_world(group, incident):
            yield revoke(group.ref.id, rule)
