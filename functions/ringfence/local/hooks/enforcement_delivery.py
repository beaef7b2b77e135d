"""The resources of EventBridge, and the actions and condition keys of Lambda, that ministack gets wrong.

Source: Service Authorization Reference. A rule of the default bus has no bus in its ARN.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.local.hooks.mount import target

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERBS = {"GET": "Get", "PUT": "Update", "DELETE": "Delete"}
_MAPPINGS = "/event-source-mappings/"
_DEFAULT_BUS = ":rule/default/"
_FIELDS = MappingProxyType({"ListTargetsByRule": ("Rule", "rule"), "DescribeEventBus": ("Name", "event-bus")})
"""The field that names the resource of a call, and the kind of the resource."""


def named(headers: Mapping[str, str], body: bytes, region: str, account: str) -> str:
    """Return the ARN of what a call of EventBridge names in a field where ministack does not look for it.

    Empty for other calls.
    """
    field, kind = _FIELDS.get(target(headers).rpartition(".")[2], ("", ""))
    if not field:
        return ""
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return ""
    name = found.get(field) if isinstance(found, dict) else None
    return f"arn:aws:events:{region}:{account}:{kind}/{name or 'default'}"


def resource(known: str) -> str:
    """Return the ARN of a rule as AWS names it."""
    return known.replace(_DEFAULT_BUS, ":rule/", 1) if known.startswith("arn:aws:events:") else known


def context(path: str) -> dict[str, str]:
    """Return the function of the event source mapping that a call of Lambda names."""
    from ministack.services import lambda_svc

    _, found, uuid = path.partition(_MAPPINGS)
    mapping = lambda_svc._esms.get(uuid.strip("/")) if found else None
    return {"lambda:functionarn": str(mapping["FunctionArn"])} if mapping else {}


def action(method: str, path: str) -> str:
    """Return the action of a call on one mapping, or on the concurrency of a function. Empty for others."""
    parts = path.strip("/").split("/")
    if parts[-2:-1] == ["event-source-mappings"] and method in _VERBS:
        return f"{_VERBS[method]}EventSourceMapping"
    if parts[-1:] == ["concurrency"] and method in _VERBS:
        verb = "Put" if method == "PUT" else _VERBS[method]
        return f"{verb}FunctionConcurrency"
    return ""
