"""EventBridge rules, their targets, and the policies of the default bus and of Ringfence's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.resource_names import PREFIX
from ringfence.self_check.compare import statements
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource

_RULES = ("arn:aws:events:*:{account}:rule/Ringfence-*",)
_MISSING = "ResourceNotFoundException"


def _declared(rule: Resource) -> Settings:
    return {
        "state": rule.properties.get("State", "ENABLED"),
        "pattern": _pattern(rule.properties.get("EventPattern")),
        "targets": _targets(rule.properties.get("Targets")),
    }


def _read(rule: Resource) -> SansIO[Settings | None]:
    name = rule.id.rpartition("|")[2]
    described, targets = yield (
        Call("events", "DescribeRule", {"Name": name}, expected=(_MISSING,)),
        Call("events", "ListTargetsByRule", {"Rule": name}, pages=True, expected=(_MISSING,)),
    )
    if isinstance(described, Failed) or isinstance(targets, Failed):
        return None
    return {
        "state": described.text("State"),
        "pattern": _pattern(described.optional_text("EventPattern")),
        "targets": _targets(targets.items("Targets")),
    }


def _pattern(value: object) -> str:
    read = json.loads(value) if isinstance(value, str) else value
    return json.dumps(read, sort_keys=True)


def _targets(value: object) -> dict[str, object]:
    """Return targets by their ids. Whatever a target has beside its address could replace the event."""
    each = value if isinstance(value, list | tuple) else []
    found = {str(one.get("Id")): one for one in each if isinstance(one, Mapping)}
    return {
        id_: {
            name: _flat(setting)
            for name, setting in one.items()
            if name != "Id" and setting not in (None, "")
        }
        for id_, one in found.items()
    }


def _flat(setting: object) -> object:
    return json.loads(json.dumps(setting, sort_keys=True))


def _bus_declared(policy: Resource) -> Settings:
    return {"statement": statements({"Statement": [policy.properties.get("Statement")]})}


def _read_bus(policy: Resource) -> SansIO[Settings | None]:
    sid = policy.properties.get("StatementId")
    name = str(policy.properties.get("EventBusName") or "default")
    (bus,) = yield (Call("events", "DescribeEventBus", {"Name": name}),)
    if isinstance(bus, Failed) or not (text := bus.optional_text("Policy")):
        return None
    given = json.loads(text).get("Statement", [])
    ours = [one for one in (given if isinstance(given, list) else [given]) if one.get("Sid") == sid]
    return {"statement": statements({"Statement": ours})} if ours else None


_BUSES = tuple(f"arn:aws:events:*:{{account}}:event-bus/{name}" for name in ("default", f"{PREFIX}events"))
_NOW = "aws events enable-rule --name {id} --region {region}, then: npx cdk deploy {stack} --revert-drift"
KINDS = (
    Kind(
        "AWS::Events::Rule",
        "rule",
        tuple(Permission(f"events:{name}", _RULES) for name in ("DescribeRule", "ListTargetsByRule")),
        _declared,
        _read,
        {"state": _NOW},
    ),
    Kind(
        "AWS::Events::EventBusPolicy",
        "event bus policy",
        (Permission("events:DescribeEventBus", _BUSES),),
        _bus_declared,
        _read_bus,
        {},
    ),
)
