"""Snapshots in moto: those of its images, DescribeSnapshots lists those of every owner, and no locks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable

    Original = Callable[..., Any]

_EVERYONE, _SELF = "all", "self"
_ECS_IMAGES = "/ecs/optimized_amis/"


def install() -> None:
    """Fix what moto gets wrong. Each function below describes one error."""
    from moto.ec2.models import amis
    from moto.ec2.responses.elastic_block_store import ElasticBlockStore

    around(amis, "load_resource", _without_ecs)
    around(ElasticBlockStore, "describe_snapshots", _only_those_asked_for)
    add_locks()


def _without_ecs(original: Original, path: str) -> Any:
    """Images: in each account and region, moto makes 1,200 images for ECS, each with a snapshot and a volume.

    Every call that lists snapshots or volumes passes over them. That took a fifth of the server's time.
    """
    if _ECS_IMAGES in path:
        raise FileNotFoundError(path)  # moto does without these images in regions that it does not know
    return original(path)


def add_locks() -> None:
    """Add the calls about locks, which moto lacks."""
    from moto.ec2.responses.elastic_block_store import ElasticBlockStore

    for name, answer in (("lock_snapshot", _lock), ("describe_locked_snapshots", _locked)):
        setattr(ElasticBlockStore, name, answer)


def _only_those_asked_for(original: Original, response: Any) -> Any:
    """DescribeSnapshots: `RestorableByUserIds=all` and `OwnerIds=self` are ignored."""
    listed = original(response)
    found = listed.result["Snapshots"]
    if _EVERYONE in response._get_param("RestorableByUserIds", []):
        found = [one for one in found if _EVERYONE in one.create_volume_permission_groups]
    if _SELF in response._get_param("OwnerIds", []):
        found = [one for one in found if one.owner_id == response.ec2_backend.account_id]
    listed.result["Snapshots"] = found
    return listed


def _lock(response: Any) -> Any:
    """LockSnapshot, which moto does not know. A lock prevents no deletion here."""
    from moto.core.responses import ActionResult

    snapshot = response.ec2_backend.get_snapshot(response._get_param("SnapshotId"))
    snapshot.lock_state = response._get_param("LockMode")
    return ActionResult({"SnapshotId": snapshot.id, "LockState": snapshot.lock_state})


def _locked(response: Any) -> Any:
    """DescribeLockedSnapshots, which moto does not know."""
    from moto.core.responses import ActionResult

    asked = response._get_param("SnapshotIds", []) or response._get_param("SnapshotId", [])
    found = [
        {"SnapshotId": one, "LockState": state}
        for one in asked
        if (state := getattr(response.ec2_backend.get_snapshot(one), "lock_state", ""))
    ]
    return ActionResult({"Snapshots": found})
