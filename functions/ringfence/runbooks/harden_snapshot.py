"""Make public EBS snapshots private."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.answers import document
from ringfence.model.call import Call, Permission
from ringfence.model.kinds.snapshot import SnapshotRef
from ringfence.model.reviews import Listed, Review
from ringfence.model.runbook import Runbook
from ringfence.runbooks import EVALUATE, stage

if TYPE_CHECKING:
    from ringfence.model.call import SansIO

_PUBLIC = {"OwnerIds": ["self"], "RestorableByUserIds": ["all"]}


def public_snapshots(account: str, region: str) -> SansIO[Listed]:
    """List an account's public snapshots in one region: AWS Config judges the account, not the snapshot.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
    """
    (listed,) = yield (Call("ec2", "DescribeSnapshots", _PUBLIC, pages=True),)
    ids = sorted(one.text("SnapshotId") for one in document(listed).children("Snapshots"))
    return Listed(tuple(SnapshotRef(account, region, id_) for id_ in ids))


HARDEN_SNAPSHOT = Runbook(
    id="harden-snapshot",
    title="Make public EBS snapshots private",
    subject=SnapshotRef,
    position=35,
    stages=(stage("fix", "Make the snapshot private", "make-snapshot-private"), EVALUATE),
    closes_when_complete=True,
    review=Review(
        "public-snapshots",
        "cron(30 3 * * ? *)",
        public_snapshots,
        permissions=(
            Permission(
                "ec2:DescribeSnapshots", ("*",), reason="EC2's Describe actions have no resource types"
            ),
        ),
    ),
)
