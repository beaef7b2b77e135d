"""Small worlds and orders for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.engine.requests import ResponseRequest
from ringfence.model.finding import Finding
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.acls import SubnetAcls
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.ec2.network import Interface, Network
from ringfence.observations.ec2.snapshot_locks import SnapshotLocks
from ringfence.observations.ec2.snapshots import Snapshots
from ringfence.observations.ec2.tags import Tags
from ringfence.observations.ec2.target_groups import Registration, Target, Targets
from ringfence.observations.ec2.volumes import Volume, Volumes
from ringfence.observations.iam.identity import Association, HeldRole, Identity, Profile, Role
from ringfence.observations.iam.role_sessions import RoleSessions, RoleUse
from ringfence.policy.decision import Decision, Mode
from ringfence.record.facts import FindingReceived
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE

if TYPE_CHECKING:
    from ringfence.model.observation import Observation
    from ringfence.model.runbook import Runbook

REF = InstanceRef("111122223333", "eu-west-1", "i-0123456789abcdef0")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
AUTO = Decision(Mode.AUTO, "policy rule 1 sets mode auto", "rule 1")
DRY_RUN = Decision(Mode.DRY_RUN, "policy rule 1 sets mode dry-run", "rule 1")
NOTIFY = Decision(Mode.NOTIFY, "a person has to look")


class Ticking:
    """A clock that a test sets."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def network(*vpcs: str) -> Network:
    """Interfaces with two groups each, one per VPC named; no group of ours."""
    return Network(
        "running",
        tuple(
            Interface(f"eni-{number}", vpc, frozenset({"sg-web", f"sg-{number}"}))
            for number, vpc in enumerate(vpcs)
        ),
    )


def instance(*vpcs: str) -> ResourceState:
    """An instance of which only the network was observed."""
    seen = network(*(vpcs or ("vpc-1", "vpc-1")))
    return ResourceState(REF).with_observation(seen).with_observation(Host())


def finding(
    id: str = "f-1",  # noqa: A002 - the field's own name
    *,
    updated: datetime = NOON,
    severity: float = 8.0,
    **more: object,
) -> FindingReceived:
    """A finding of command-and-control traffic."""
    given = {
        "source": "aws.guardduty",
        "id": id,
        "type": "Backdoor:EC2/C&CActivity.B",
        "severity": severity,
        "account": REF.account,
        "region": REF.region,
        "title": "talks to a command-and-control server",
        "updated_at": updated,
        "last_seen": updated,
        "subjects": (REF,),
        **more,
    }
    return FindingReceived(Finding(**given))  # type: ignore[arg-type]  # a test names what it changes


def order(
    now: datetime = NOON,
    *,
    attempt: str = "a-1",
    decision: Decision | None = AUTO,
    received: FindingReceived | None = None,
    runbook: Runbook | None = None,
    **more: object,
) -> ResponseRequest:
    """An order to respond to a finding."""
    runbook = runbook or CONTAIN_INSTANCE.chosen(())
    return ResponseRequest(
        runbook=runbook,
        ref=REF,
        attempt=attempt,
        actor="test",
        until=now + LEASE,
        decision=decision,
        finding=received or (finding() if "request" not in more and decision else None),
        choices=runbook.choose({}),
        **more,  # type: ignore[arg-type]  # a test names what it changes
    )


def estate() -> ResourceState:
    """An instance in service with everything that `contain-instance` looks at, in two VPCs."""
    role = Role("web", "AROAWEB")
    profile = Profile(f"arn:aws:iam::{REF.account}:instance-profile/web", role)
    facets: tuple[Observation, ...] = (
        network("vpc-1", "vpc-2"),
        Lifecycle("running", spot=False, instance_store_root=False, protected=False, on_shutdown="terminate"),
        Volumes((Volume("vol-0", "/dev/sda", True, True), Volume("vol-1", "/dev/sdb", False, True))),
        Scaling("web", "InService"),
        Targets((Registration("tg-a", frozenset({Target(REF.id, 80)})),), 0),
        Identity((Association("iip-assoc-1", profile, "associated"),), (HeldRole(role),)),
        Metadata(MetadataOptions("enabled", "optional", 2, "disabled", "disabled"), applied=True),
        RoleSessions((RoleUse(role, frozenset(), ()),)),
        Snapshots(frozenset(), False),
        SnapshotLocks(),
        Tags(None),
        SubnetAcls(()),
        Host(group="web", profile="web"),
    )
    return ResourceState(REF, {type(one): one for one in facets})
