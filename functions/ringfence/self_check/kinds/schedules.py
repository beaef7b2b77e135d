"""Schedules of EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource


def _declared(schedule: Resource) -> Settings:
    target = schedule.properties.get("Target")
    to: Mapping[str, object] = target if isinstance(target, Mapping) else {}
    return {
        "state": schedule.properties.get("State", "ENABLED"),
        "expression": schedule.properties.get("ScheduleExpression"),
        "target": to.get("Arn"),
        "role": to.get("RoleArn"),
        "input": to.get("Input"),
    }


def _read(schedule: Resource) -> SansIO[Settings | None]:
    name = {"Name": schedule.name}
    (found,) = yield (Call("scheduler", "GetSchedule", name, expected=("ResourceNotFoundException",)),)
    if isinstance(found, Failed):
        return None
    target = found.child("Target")
    return {
        "state": found.text("State"),
        "expression": found.text("ScheduleExpression"),
        "target": target.text("Arn"),
        "role": target.text("RoleArn"),
        "input": target.optional_text("Input"),
    }


KINDS = (
    Kind(
        "AWS::Scheduler::Schedule",
        "schedule",
        (
            Permission(
                "scheduler:GetSchedule", ("arn:aws:scheduler:*:{account}:schedule/default/ringfence-*",)
            ),
        ),
        _declared,
        _read,
        {},
    ),
)
