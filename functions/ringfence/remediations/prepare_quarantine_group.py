"""Create the quarantine group of a VPC before an instance in it is compromised.

The first isolation in a VPC is then one call. A quota that is reached, or a right that is missing, is noticed
while nothing depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.subject import NetworkRef
from ringfence.observations.ec2.network import QUARANTINE
from ringfence.observations.ec2.vpc_groups import REVIEW, VpcGroups
from ringfence.steps.ec2.prepared_groups import EmptyPreparedGroup, PrepareOwnGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


@remediation(
    id="prepare-quarantine-group",
    title="Create the quarantine group of a VPC ahead",
    subject=NetworkRef,
    triggers=(reviewed(REVIEW),),
    observations=(VpcGroups,),
    steps=(PrepareOwnGroup, EmptyPreparedGroup),
    references=("NIST 800-53 IR-4", "NIST 800-61r2 3.1.1"),
)
def prepare_quarantine_group(vpc: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Create it, or remove the rules of a drifted one. Leave a VPC that another account shares."""
    seen, ref = vpc[VpcGroups], vpc.ref
    if seen.owner != ref.account:
        return
    group = seen.own(ref.id, QUARANTINE)
    if group is None:
        yield PrepareOwnGroup(ref.id, QUARANTINE, seen.free_name(ref.id, QUARANTINE), ref.account)
    if group is None or group.rules:
        yield EmptyPreparedGroup(ref.id, group.rules if group else seen.rules_at_birth())
