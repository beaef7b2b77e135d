"""Snapshots of the local AWS are listed by who can restore them and who owns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.conftest import IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYONE = {"Attribute": "createVolumePermission", "GroupNames": ["all"]}


@pytest.fixture
def snapshot(ec2: Any) -> Iterator[str]:
    volume = ec2.create_volume(AvailabilityZone=f"{ec2.meta.region_name}a", Size=1)["VolumeId"]
    made: str = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    yield made
    ec2.delete_snapshot(SnapshotId=made)
    ec2.delete_volume(VolumeId=volume)


def listed(ec2: Any, **asked: Any) -> set[str]:
    pages = ec2.get_paginator("describe_snapshots").paginate(**asked)
    return {one["SnapshotId"] for page in pages for one in page["Snapshots"]}


def test_a_snapshot_is_restorable_by_everyone_while_it_is_public(ec2: Any, snapshot: str) -> None:
    public = {"OwnerIds": ["self"], "RestorableByUserIds": ["all"]}
    assert snapshot not in listed(ec2, **public)
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, OperationType="add", **EVERYONE)
    assert snapshot in listed(ec2, **public)
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, OperationType="remove", **EVERYONE)
    assert snapshot not in listed(ec2, **public)


def test_ones_own_snapshots_are_not_those_of_others(ec2: Any, snapshot: str) -> None:
    own, every = listed(ec2, OwnerIds=["self"]), listed(ec2)
    assert snapshot in own < every, "the emulator has public images, whose snapshots are another account's"


def test_a_snapshot_that_is_shared_with_an_account_is_not_public(ec2: Any, snapshot: str) -> None:
    shared = {"Attribute": "createVolumePermission", "UserIds": ["444455556666"]}
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, OperationType="add", **shared)
    assert snapshot not in listed(ec2, RestorableByUserIds=["all"])


def test_a_lock_is_kept_and_shown(ec2: Any, snapshot: str) -> None:
    assert ec2.describe_locked_snapshots(SnapshotIds=[snapshot])["Snapshots"] == []
    ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=30)
    (lock,) = ec2.describe_locked_snapshots(SnapshotIds=[snapshot])["Snapshots"]
    assert (lock["SnapshotId"], lock["LockState"]) == (snapshot, "governance")


def test_there_are_images_with_snapshots_but_not_those_for_ecs(ec2: Any) -> None:
    images = {one["ImageId"]: one.get("Name", "") for one in ec2.describe_images()["Images"]}
    assert IMAGE in images
    assert not any("ecs-optimized" in name for name in images.values())
    assert len(listed(ec2)) < 200
