"""AWS::Events::EventBusPolicy, which ministack's CloudFormation does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Properties = Mapping[str, Any]

_TYPE = "AWS::Events::EventBusPolicy"


def install() -> None:
    """Let a template add, change and remove a statement of a bus policy."""
    from ministack.services.cloudformation import provisioners

    provisioners._RESOURCE_HANDLERS[_TYPE] = {"create": _create, "update": _update, "delete": _delete}


def _create(logical_id: str, properties: Properties, *_: Any) -> tuple[str, dict[str, Any]]:
    from ministack.services import eventbridge

    statement = {"Sid": properties["StatementId"], **properties["Statement"]}
    _delete(logical_id, properties)
    bus = _bus(properties)
    known = eventbridge._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
    eventbridge._event_bus_policies[bus] = {**known, "Statement": [*known["Statement"], statement]}
    return f"{bus}|{statement['Sid']}", {}


def _update(physical_id: str, old: Properties, new: Properties, *_: Any) -> tuple[str, dict[str, Any]]:
    _delete(physical_id, old)
    return _create(physical_id, new)


def _delete(_physical_id: str, properties: Properties, *_: Any) -> None:
    from ministack.services import eventbridge

    eventbridge._remove_permission(
        {"EventBusName": _bus(properties), "StatementId": properties["StatementId"]}
    )


def _bus(properties: Properties) -> str:
    return str(properties.get("EventBusName") or "default")
