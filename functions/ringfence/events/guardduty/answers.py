"""Findings as GetFindings answers them, in the shape of the `detail` of their events.

An SDK names the members of an answer as the API's model does, the service names them in JSON. In all but a
few members only the first letter differs. Shape: `Finding` in the GuardDuty API reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

_NAMES = MappingProxyType(
    {
        ("ProductCodes", "Code"): "productCodeId",
        ("ProductCodes", "ProductType"): "productCodeType",
        ("TaskDetails", "TaskCreatedAt"): "createdAt",
        ("KubernetesApiCallAction", "SourceIps"): "sourceIPs",
        ("RdsLoginAttemptAction", "LoginAttributes"): "LoginAttributes",
        ("Account", "Name"): "account",
        ("Ec2Instance", "IamInstanceProfile"): "IamInstanceProfile",
        ("KubernetesWorkload", "KubernetesResourcesTypes"): "type",
        ("Location", "Latitude"): "lat",
        ("Location", "Longitude"): "lon",
    }
)
"""The members with another name, each with the member that contains it."""
_MAPS = MappingProxyType({"AffectedResources": 1, "Profiles": 2, "Behavior": 2})
"""The members whose keys are data, not names, and the number of such levels."""


def as_detail(finding: Mapping[str, object]) -> Mapping[str, object]:
    """Return a finding of GetFindings in the shape of an event's `detail`.

    Parameters
    ----------
    finding
        One of `Findings`, as an SDK or the AWS CLI returns it.

    Examples
    --------
    >>> as_detail({"Id": "1", "Resource": {"InstanceDetails": {"InstanceId": "i-1"}}})
    {'id': '1', 'resource': {'instanceDetails': {'instanceId': 'i-1'}}}

    """
    detail = _members(finding, "")
    service = detail.get("service")
    if isinstance(service, Mapping) and isinstance(service.get("additionalInfo"), Mapping):
        detail["service"] = {**service, "additionalInfo": _remarks(service["additionalInfo"])}
    return detail


def _members(value: Mapping[str, object], within: str) -> dict[str, object]:
    return {_named(within, name): _converted(one, name) for name, one in value.items()}


def _named(within: str, name: str) -> str:
    return _NAMES.get((within, name)) or name[:1].lower() + name[1:]


def _converted(value: object, name: str) -> object:
    if isinstance(value, Mapping):
        return _keyed(value, _MAPS[name]) if name in _MAPS else _members(value, name)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_converted(one, name) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


def _keyed(value: Mapping[str, object], levels: int) -> dict[str, object]:
    """Return a map with its keys as they are."""
    return {
        key: _keyed(one, levels - 1) if levels > 1 and isinstance(one, Mapping) else _converted(one, "")
        for key, one in value.items()
    }


def _remarks(info: Mapping[str, object]) -> dict[str, object]:
    """Add the remarks that an answer has as JSON text in `value`, as older events have them."""
    try:
        found = json.loads(str(info.get("value") or "{}"))
    except ValueError:
        found = {}
    return {**(found if isinstance(found, dict) else {}), **info}
