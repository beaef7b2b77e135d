"""The checks of EventBridge Scheduler: ministack assigns every schedule to the default group.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ringfence.local.hooks.enforcement_ec2 import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CREATE, _UPDATE, _DEFAULT = "POST", "PUT", "default"
_ACTIONS = {
    _CREATE: "CreateSchedule",
    _UPDATE: "UpdateSchedule",
    "GET": "GetSchedule",
    "DELETE": "DeleteSchedule",
}


def checks(
    method: str, path: str, body: bytes, query: Mapping[str, object], region: str, account: str
) -> tuple[Check, ...]:
    """Return what a call on one schedule needs: the schedule in its group, and the role that it passes."""
    parts = path.strip("/").split("/")
    if len(parts) != len(("schedules", "name")) or parts[0] != "schedules" or method not in _ACTIONS:
        return ()
    return tuple(_checks(method, unquote(parts[1]), _document(body), query, f"{region}:{account}"))


def _checks(
    method: str, name: str, given: Mapping[str, object], query: Mapping[str, object], place: str
) -> Iterator[Check]:
    group = given.get("GroupName") or query.get("groupName") or _DEFAULT
    group = group[0] if isinstance(group, list) else group
    yield Check(f"scheduler:{_ACTIONS[method]}", f"arn:aws:scheduler:{place}:schedule/{group}/{name}", {})
    target = given.get("Target")
    role = target.get("RoleArn") if isinstance(target, dict) else None
    if isinstance(role, str) and method in {_CREATE, _UPDATE}:
        yield Check("iam:PassRole", role, {"iam:passedtoservice": "scheduler.amazonaws.com"})


def _document(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
