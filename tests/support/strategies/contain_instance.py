"""The worlds of `contain-instance`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.observations.ec2.acls import Acl, AclEntry, SubnetAcls
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.runbook_worlds import Case
from tests.support.worlds import estate

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState

EVERYTHING = CONTAIN_INSTANCE.chosen(one.id for one in CONTAIN_INSTANCE.remediations if one.optional)
"""The runbook with every option switched on."""


def everything_to_do() -> ResourceState:
    """An instance on which every remediation has something to do."""
    allowing = (
        AclEntry(100, egress, deny=False, protocol="-1", cidr="0.0.0.0/0") for egress in (False, True)
    )
    return estate().with_observation(SubnetAcls((Acl("acl-a", frozenset(allowing)),)))


CASES = {
    "defaults": Case(CONTAIN_INSTANCE.chosen(()), estate()),
    "detached": Case(EVERYTHING, everything_to_do()),
    "on-standby": Case(EVERYTHING, everything_to_do(), choices={"auto-scaling": "standby"}),
}
