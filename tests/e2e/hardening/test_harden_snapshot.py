"""A public snapshot is made private by the deployed functions, and public again by a release."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.samples.config import verdict
from ringfence.model.kinds.snapshot import SnapshotRef
from ringfence.record.facts import FindingReceived, Released
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK = "harden-snapshot"
RULE = ("securityhub-ebs-snapshot-public-restorable-check-4f2a9c1e", "EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK")
FRIEND = "444455556666"


class Disk:
    """A snapshot, shared with another account by name."""

    def __init__(self, compliance: Compliance) -> None:
        self.compliance, local = compliance, compliance.world.local
        self.ec2: Any = compliance.world.client("ec2")
        volume = self.ec2.create_volume(AvailabilityZone=f"{local.region}a", Size=1)["VolumeId"]
        made = self.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        self.ref = SnapshotRef(local.account, local.region, made)
        self.share(UserIds=[FRIEND])

    def share(self, **whom: list[str]) -> None:
        self.ec2.modify_snapshot_attribute(
            SnapshotId=self.ref.id, Attribute="createVolumePermission", OperationType="add", **whom
        )

    def permissions(self) -> list[dict[str, str]]:
        found = self.ec2.describe_snapshot_attribute(
            SnapshotId=self.ref.id, Attribute="createVolumePermission"
        )
        permissions: list[dict[str, str]] = found["CreateVolumePermissions"]
        return permissions


@pytest.mark.shows("make-snapshot-private")
def test_a_public_snapshot_is_made_private_after_each_report_and_stays_shared_by_name(
    compliance: Compliance,
) -> None:
    """CloudTrail records the call. After a release it is public again, and AWS Config judges the account."""
    rule = {"ConfigRuleName": RULE[0], "Source": {"Owner": "AWS", "SourceIdentifier": RULE[1]}}
    compliance.world.client("config").put_config_rule(ConfigRule=rule)
    disk = Disk(compliance)
    disk.share(GroupNames=["all"])
    first = compliance.over(RUNBOOK, disk.ref).incident
    assert disk.permissions() == [{"UserId": FRIEND}]

    done = compliance.hand.types("release", first, "--yes", "--reason", "an image for everyone")
    assert done.returncode == 0, done.stdout + done.stderr
    assert compliance.history(RUNBOOK, disk.ref).last(Released) is not None
    assert {"Group": "all"} in disk.permissions()
    checked = compliance.verdict(RUNBOOK, disk.ref)
    assert checked.sound, checked.claim

    compliance.put(entry(judged(disk.ref)))
    again = compliance.when(
        RUNBOOK,
        disk.ref,
        lambda found: found.incident != first and bool(found.verified and found.verified.contained),
        "private again",
    )
    assert disk.permissions() == [{"UserId": FRIEND}]
    opening, *_ = again.of(FindingReceived)  # the first report may be delivered once more, and joins
    assert opening.finding.type == "Config:ebs-snapshot-public-restorable-check"


def judged(ref: SnapshotRef) -> dict[str, object]:
    """Return AWS Config's verdict: it is about the account, in the snapshot's region."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return verdict(RULE[0], "AWS::::Account", ref.account, ref.account, ref.region, at=at)
