"""Close the default security group of a VPC, so that new resources are not reachable by default.

It revokes all rules of both directions. A group with another name is never the default group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.model.remediation import remediation
from ringfence.model.subject import NetworkRef
from ringfence.observations.ec2.security_group import DEFAULT, SecurityGroup
from ringfence.steps.ec2.security_group import RevokeRule, revoke

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.observations.ec2.security_group import Rule

JUDGED = judged_by("vpc-default-security-group-closed")
CALLS = recorded(
    "ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "ModifySecurityGroupRules"
)


def in_force(group: ResourceState) -> Iterator[Rule]:
    """Yield the rules of a default group in this account. Yield none for any other group."""
    seen = group[SecurityGroup]
    if seen.name == DEFAULT and seen.owner == group.ref.account:
        yield from seen.in_order()


def relied_on(group: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what depends on the rules."""
    if any(in_force(group)):
        yield f"{group.ref.id}, the default group of its VPC: {group[SecurityGroup].used_by()}"


def not_ours(group: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield that a default group belongs to another account, which shares it."""
    seen = group[SecurityGroup]
    if seen.name == DEFAULT and seen.owner != group.ref.account:
        yield f"{group.ref.id} belongs to account {seen.owner}, which shares it: change it there"


@remediation(
    id="close-default-group",
    title="Revoke every rule of a VPC's default security group",
    subject=NetworkRef,
    triggers=(JUDGED, CALLS),
    observations=(SecurityGroup,),
    steps=(RevokeRule,),
    references=(),
    countermeasures=("D3-ITF", "D3-OTF"),
    controls=("default-security-group",),
    workload_risk="every resource in the VPC's default security group loses all traffic",
    residual_risk=relied_on,
    needs_review=not_ours,
)
def close_default_group(group: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Revoke each rule."""
    for rule in in_force(group):
        yield revoke(group.ref.id, rule)
