"""Deny traffic with a finding's remote addresses in the network ACLs of a compromised instance's subnets.

Network ACLs are stateless, so unlike security groups they end tracked connections at once. They apply to
whole subnets.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.subject import RecordedCalls
from ringfence.observations.ec2.acls import SubnetAcls
from ringfence.steps.ec2.acls import DenyAddress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def still_reachable(instance: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the addresses that could not be denied."""
    seen = instance[SubnetAcls]
    if not seen.readable:
        yield "the network ACLs could not be read, so the finding's remote addresses are not denied"
    for acl in seen.acls:
        for cidr in _addresses(incident):
            for egress in (False, True):
                blocked = acl.blocks(cidr, egress=egress)
                if not blocked and acl.free_number(cidr, egress=egress) is None:
                    yield (
                        f"{cidr} is not denied in {acl.id}: there is no free rule number before the rule "
                        "that allows it"
                    )


@remediation(
    id="block-remote-address",
    title="Deny a finding's remote addresses in a compromised instance's subnets",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(SubnetAcls,),
    steps=(DenyAddress,),
    references=("NIST 800-53 SC-7", "ATT&CK M1037"),
    countermeasures=("D3-NTF",),
    undone_by=(
        RecordedCalls(
            "ec2",
            (
                "CreateNetworkAclEntry",  # a lower number applies first
                "DeleteNetworkAclEntry",
                "ReplaceNetworkAclAssociation",
                "ReplaceNetworkAclEntry",
            ),
        ),
    ),
    optional=True,
    cost="no host in the instance's subnets can reach the finding's remote addresses",
    residual_risk=still_reachable,
    contains=False,
)
def block_remote_address(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Deny each address in both directions, with the lowest free rule number."""
    for acl in instance[SubnetAcls].acls:
        for egress in (False, True):
            taken: set[int] = set()
            for cidr in _addresses(incident):
                number = acl.free_number(cidr, egress=egress, taken=frozenset(taken))
                if number is not None and not acl.blocks(cidr, egress=egress):
                    taken.add(number)
                    yield DenyAddress(acl.id, number, egress=egress, cidr=cidr, before=False, after=True)


def _addresses(incident: Incident) -> Iterator[str]:
    """Return the remote addresses as CIDR blocks. Ignore invalid ones and those of our own network."""
    return filter(None, map(_block, dict.fromkeys(incident.remote_addresses)))


@lru_cache(maxsize=1024)  # each look plans again for the same addresses
def _block(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    own = address.is_unspecified or address.is_loopback or address.is_link_local or address.is_multicast
    return "" if own else f"{address}/{address.max_prefixlen}"
