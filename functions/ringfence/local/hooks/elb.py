"""Target groups in moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Fix what moto gets wrong. The function below describes it."""
    from moto.elbv2.models import FakeTargetGroup

    around(FakeTargetGroup, "deregister", _only_registered)


def _only_registered(original: Callable[..., Any], group: Any, targets: list[dict[str, Any]]) -> None:
    """DeregisterTargets: an unregistered target, or another port, is ignored. moto refuses it."""
    original(group, [target for target in targets if _is_registered(group, target)])


def _is_registered(group: Any, target: dict[str, Any]) -> bool:
    registered = group.targets.get(target["Id"])
    return bool(registered) and _port(group, registered) == _port(group, target)


def _port(group: Any, target: dict[str, Any]) -> str:
    return str(target.get("Port") or group.port)
