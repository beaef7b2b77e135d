"""Snapshots in moto: DescribeSnapshots lists those of every owner, public or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable

    Original = Callable[..., Any]

_EVERYONE, _SELF = "all", "self"


def install() -> None:
    """Fix what moto gets wrong. Each function below describes one error."""
    from moto.ec2.responses.elastic_block_store import ElasticBlockStore

    around(ElasticBlockStore, "describe_snapshots", _only_those_asked_for)


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
