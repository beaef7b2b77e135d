"""Chat channels and custom actions in ministack's CloudFormation: it does not have these types.

There is no chat. The properties of each resource are held to the API's model, so that a template which AWS
would refuse is refused here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES = MappingProxyType(
    {
        "AWS::Chatbot::CustomAction": ("CreateCustomAction", "custom-action", "CustomActionArn", {}),
        "AWS::Chatbot::SlackChannelConfiguration": (
            "CreateSlackChannelConfiguration",
            "chat-configuration/slack-channel",
            "Arn",
            {"SlackWorkspaceId": "SlackTeamId"},
        ),
        "AWS::Chatbot::MicrosoftTeamsChannelConfiguration": (
            "CreateMicrosoftTeamsChannelConfiguration",
            "chat-configuration/microsoft-teams-channel",
            "Arn",
            {"TeamsChannelId": "ChannelId", "TeamsTenantId": "TenantId"},
        ),
    }
)
"""The API's call for each type, the kind in its ARN, the attribute with the ARN, and names that differ."""
_OTHER_NAMES = MappingProxyType(
    {"GuardrailPolicies": "GuardrailPolicyArns", "UserRoleRequired": "UserAuthorizationRequired"}
)
_ELSEWHERE = frozenset({"CustomizationResourceArns", "Tags"})
"""Properties that other calls set."""


def install() -> None:
    """Add the types."""
    from ministack.services.cloudformation import provisioners

    for kind in _TYPES:
        provisioners._RESOURCE_HANDLERS[kind] = {
            "create": _creator(kind),
            "update": _creator(kind, new=1),
            "delete": lambda *_, **__: None,
        }


def _creator(kind: str, *, new: int = 0) -> Any:
    operation, path, attribute, _ = _TYPES[kind]

    def create(_: str, *given: Any, **__: Any) -> tuple[str, dict[str, Any]]:
        from ministack.core.responses import get_account_id

        properties: Mapping[str, Any] = given[new]
        check(kind, properties)
        name = properties.get("ActionName") or properties.get("ConfigurationName")
        arn = f"arn:aws:chatbot::{get_account_id()}:{path}/{name}"
        return arn, {attribute: arn}

    create.__name__ = operation
    return create


def check(kind: str, properties: Mapping[str, Any]) -> None:
    """Raise ValueError unless the API would take the properties."""
    import botocore.session
    from botocore.validate import ParamValidator

    operation, _, _, differing = _TYPES[kind]
    model = botocore.session.Session().get_service_model("chatbot")
    names = {**_OTHER_NAMES, **differing}
    given = {names.get(name, name): one for name, one in properties.items() if name not in _ELSEWHERE}
    shape = model.operation_model(operation).input_shape
    report = ParamValidator().validate(given, shape)  # type: ignore[arg-type]  # these calls have an input
    if report.has_errors():
        raise ValueError(f"{kind}: {report.generate_report()}")
