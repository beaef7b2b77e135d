"""CloudTrail records of EC2 calls.

Newer calls are recorded as their XML, under the request's name. A repeated element is `{"tag": 1,
"content": "…"}` or a list. Older calls have lists as `items`, under the names of the parameters. Published
records of AWS show both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Shaped = tuple[dict[str, Any], dict[str, Any] | None]

_NUMBERS = frozenset({"fromPort", "toPort", "minCount", "maxCount"})
_SEVERAL = {
    "CreateFlowLogs": "ResourceId",
    "DeleteFlowLogs": "FlowLogId",
    "ModifyInstanceMetadataOptions": "",
    "ModifySecurityGroupRules": "",
}


def shaped(name: str, params: Mapping[str, Any], account: str, region: str) -> Shaped | None:
    """Return the request and response of a call as they are recorded. None for older calls."""
    if name not in _SEVERAL:
        return None
    given = {key: value[0] if isinstance(value, list) else value for key, value in params.items()}
    unsaid = {"Action", "Version"}
    plain: dict[str, Any] = {
        key: int(value) if str(value).isdecimal() else value
        for key, value in given.items()
        if "." not in key and key not in unsaid
    }
    several = _SEVERAL[name]
    listed = [value for key, value in sorted(given.items()) if re.fullmatch(rf"{several}\.\d+", key)]
    if listed:
        tagged = [{"tag": number, "content": value} for number, value in enumerate(listed, 1)]
        plain[several] = tagged[0] if len(tagged) == 1 else tagged
    return {f"{name}Request": plain}, _answer(name, listed, plain, account, region)


def nested(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request of an older call: `IpPermissions.1.FromPort=22` is one of `ipPermissions.items`."""
    request: dict[str, Any] = {}
    for key, value in params.items():
        if key not in {"Action", "Version"}:
            _put(request, key.split("."), value[0] if isinstance(value, list) else value)
    return request


def _put(into: dict[str, Any], path: list[str], value: str) -> None:
    name = path[0][:1].lower() + path[0][1:]
    if len(path) == 1:
        into[name] = int(value) if name in _NUMBERS and value.lstrip("-").isdecimal() else value
    elif path[1].isdecimal():
        items = into.setdefault(name, {"items": []})["items"]
        number = int(path[1]) - 1
        items.extend({} for _ in range(number + 1 - len(items)))
        if len(path) == 2:  # noqa: PLR2004 - a name and a number
            items[number] = value
        else:
            _put(items[number], path[2:], value)
    else:
        _put(into.setdefault(name, {}), path[1:], value)


def _answer(
    name: str, resources: list[str], plain: Mapping[str, Any], account: str, region: str
) -> dict[str, Any] | None:
    """Return the ids of the existing flow logs, because the response itself is not available here."""
    if name != "CreateFlowLogs":
        return None
    from moto.ec2.models import ec2_backends

    to = plain.get("LogDestination")
    made = [
        log.id
        for log in ec2_backends[account][region].flow_logs.values()
        if log.resource_id in resources
        and (log.log_destination, log.traffic_type) == (to, plain.get("TrafficType"))
    ]
    ids = made[0] if len(made) == 1 else made
    return {"CreateFlowLogsResponse": {"unsuccessful": "", "flowLogIdSet": {"item": ids}}}
