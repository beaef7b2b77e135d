"""Auto Scaling in moto: detach, standby, and the effect on target groups."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Original = Callable[..., Any]


def install() -> None:
    """Fix what moto gets wrong. Each function below describes one error."""
    from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup

    around(AutoScalingBackend, "detach_instances", _detach)
    around(AutoScalingBackend, "enter_standby_instances", _enter_standby)
    around(AutoScalingBackend, "exit_standby_instances", _exit_standby)
    around(AutoScalingBackend, "attach_instances", _attach)
    around(AutoScalingBackend, "update_attached_target_groups", _register_in_service_only)
    around(FakeAutoScalingGroup, "set_desired_capacity", _leave_standby_alone)


def _detach(original: Original, backend: Any, group_name: str, ids: Sequence[str], decrement: Any) -> Any:
    """DetachInstances: moto ignores MinSize and membership, and leaves the instance in its target groups."""
    _members(backend, group_name, ids)
    _check_minimum(backend, group_name, ids, decrement, "detach")
    activities = original(backend, group_name, ids, decrement)
    _update_targets(backend, group_name, ids)
    return activities


def _enter_standby(
    original: Original, backend: Any, group_name: str, ids: Sequence[str], decrement: Any
) -> Any:
    """EnterStandby: like DetachInstances. Only instances in service are allowed."""
    _members(backend, group_name, ids, "InService")
    _check_minimum(backend, group_name, ids, decrement, "place into standby")
    activities = original(backend, group_name, ids, decrement)
    _update_targets(backend, group_name, ids)
    return activities


def _exit_standby(original: Original, backend: Any, group_name: str, ids: Sequence[str]) -> Any:
    """ExitStandby: moto accepts any instance, and does not register it with the target groups again."""
    _members(backend, group_name, ids, "Standby")
    activities = original(backend, group_name, ids)
    backend.update_attached_target_groups(group_name)
    return activities


def _attach(original: Original, backend: Any, group_name: str, ids: Sequence[str]) -> None:
    """AttachInstances: moto accepts an instance twice, and counts instances on standby as capacity."""
    group = _group(backend, group_name)
    for state in (state for each in backend.autoscaling_groups.values() for state in each.instance_states):
        if state.instance.id in ids:
            raise _invalid(f"Instance {state.instance.id} is already part of an Auto Scaling group.")
    original(backend, group_name, ids)
    group.desired_capacity = len(group.active_instances())


def _register_in_service_only(original: Original, backend: Any, group_name: str) -> None:
    """Target groups: moto also registers members on standby."""
    with _without_standby(backend.autoscaling_groups[group_name]):
        original(backend, group_name)


def _leave_standby_alone(original: Original, group: Any, new_capacity: int | None) -> None:
    """Scaling in: moto can terminate an instance on standby."""
    with _without_standby(group):
        original(group, new_capacity)


@contextmanager
def _without_standby(group: Any) -> Iterator[None]:
    """Exclude instances on standby from the group inside the block."""
    standby = [state for state in group.instance_states if state.lifecycle_state == "Standby"]
    group.instance_states = [state for state in group.instance_states if state not in standby]
    try:
        yield
    finally:
        group.instance_states = group.instance_states + standby


def _group(backend: Any, name: str) -> Any:
    """Return the group. moto crashes for an unknown name."""
    if name not in backend.autoscaling_groups:
        raise _invalid(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return backend.autoscaling_groups[name]


def _members(backend: Any, group_name: str, ids: Sequence[str], state: str | None = None) -> None:
    states = {
        member.instance.id: member.lifecycle_state for member in _group(backend, group_name).instance_states
    }
    for instance_id in ids:
        if instance_id not in states:
            raise _invalid(f"The instance {instance_id} is not part of Auto Scaling group {group_name}.")
        if state and states[instance_id] != state:
            raise _invalid(f"The instance {instance_id} is not in {state}.")


def _check_minimum(backend: Any, group_name: str, ids: Sequence[str], decrement: Any, what: str) -> None:
    group = backend.autoscaling_groups[group_name]
    if decrement and group.desired_capacity - len(ids) < group.min_size:
        raise _invalid(
            f"AutoScalingGroup {group_name} has min-size={group.min_size}, max-size={group.max_size}, and "
            f"desired-size={group.desired_capacity}. To {what} these instances please update the "
            "AutoScalingGroup sizes appropriately."
        )


def _update_targets(backend: Any, group_name: str, gone: Sequence[str]) -> None:
    for target_group in _target_groups(backend, group_name):
        target_group.deregister([{"Id": each} for each in gone])
    backend.update_attached_target_groups(group_name)  # a replacement is to be registered


def _target_groups(backend: Any, group_name: str) -> Iterator[Any]:
    for arn in backend.autoscaling_groups[group_name].target_group_arns:
        yield backend.elbv2_backend.target_groups[arn]


def _invalid(message: str) -> Exception:
    from moto.autoscaling.exceptions import AutoscalingClientError

    error: Exception = AutoscalingClientError("ValidationError", message)
    return error
