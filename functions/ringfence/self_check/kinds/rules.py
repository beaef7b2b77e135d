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

_RULES = ("arn:aws:events:*:{account}:rule/Ringfence-*", "arn:aws:events:*:{account}:rule/ringfence-*/*")
"""The rules of the default bus, and those of Ringfence's own buses."""
_MISSING = "ResourceNotFoundException"
_DEFAULT = "default"


def _declared(rule: Resource) -> Settings:
    return {
        "state": rule.properties.get("State", "ENABLED"),
        "bus": rule.properties.get("EventBusName") or _DEFAULT,
        "pattern": _pattern(rule.properties.get("EventPattern")),
        "targets": _targets(rule.properties.get("Targets")),
    }


def _read(rule: Resource) -> SansIO[Settings | None]:
    bus, _, name = rule.id.rpartition("|")
    bus = bus or str(rule.properties.get("EventBusName") or "")
    where = {"EventBusName": bus} if bus else {}
    described, targets = yield (
        Call("events", "DescribeRule", {"Name": name, **where}, expected=(_MISSING,)),
        Call("events", "ListTargetsByRule", {"Rule": name, **where}, pages=True, expected=(_MISSING,)),
    )
    if isinstance(described, Failed) or isinstance(targets, Failed):
        return None
    return {
        "state": described.text("State"),
        "bus": described.optional_text("EventBusName") or _DEFAULT,
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
    named = str(policy.properties.get("EventBusName") or _DEFAULT)
    (bus,) = yield (Call("events", "DescribeEventBus", {"Name": named}, expected=(_MISSING,)),)
    if isinstance(bus, Failed) or not (text := bus.optional_text("Policy")):
        return None
    given = json.loads(text).get("Statement", [])
    ours = [one for one in (given if isinstance(given, list) else [given]) if one.get("Sid") == sid]
    return {"statement": statements({"Statement": ours})} if ours else None


_BUSES = tuple(f"arn:aws:events:*:{{account}}:event-bus/{name}" for name in (_DEFAULT, f"{PREFIX}*"))
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
