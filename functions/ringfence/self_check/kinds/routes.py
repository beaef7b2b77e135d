"""The operators' HTTP API: its routes, what they invoke, and whether IAM verifies their callers.

A stage that no longer deploys by itself can serve an earlier integration than the one that is read here, so
the stage is compared, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.document import Document
    from ringfence.self_check.template import Resource

_MISSING = ("NotFoundException",)
_ROUTE, _STAGE = "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Stage"
_UNDECLARED = "aws apigatewayv2 delete-route --api-id {id} --route-id ID --region {region}"


def _route_declared(route: Resource) -> Settings:
    return {
        "authorization": route.properties.get("AuthorizationType"),
        "route": route.properties.get("RouteKey"),
        "target": _id(route.properties.get("Target")),
    }


def _route_read(route: Resource) -> SansIO[Settings | None]:
    found = yield from _asked("GetRoute", route, RouteId=route.name)
    if found is None:
        return None
    return {
        "authorization": found.optional_text("AuthorizationType") or "NONE",
        "route": found.text("RouteKey"),
        "target": _id(found.optional_text("Target")),
    }


def _integration_declared(integration: Resource) -> Settings:
    given = integration.properties
    return {
        "type": given.get("IntegrationType"),
        "target": given.get("IntegrationUri"),
        "version": given.get("PayloadFormatVersion"),
        "credentials": given.get("CredentialsArn"),
        "request parameters": given.get("RequestParameters") or {},
        "response parameters": given.get("ResponseParameters") or {},
    }


def _integration_read(integration: Resource) -> SansIO[Settings | None]:
    found = yield from _asked("GetIntegration", integration, IntegrationId=integration.name)
    if found is None:
        return None
    return {
        "type": found.optional_text("IntegrationType"),
        "target": found.optional_text("IntegrationUri"),
        "version": found.optional_text("PayloadFormatVersion"),
        "credentials": found.optional_text("CredentialsArn"),
        "request parameters": found.value.get("RequestParameters") or {},
        "response parameters": found.value.get("ResponseParameters") or {},
    }


def _stage_declared(stage: Resource) -> Settings:
    return {
        "deploys by itself": stage.properties.get("AutoDeploy", False),
        "variables": stage.properties.get("StageVariables") or {},
    }


def _stage_read(stage: Resource) -> SansIO[Settings | None]:
    found = yield from _asked("GetStage", stage, StageName=stage.name)
    if found is None:
        return None
    return {
        "deploys by itself": bool(found.value.get("AutoDeploy")),
        "variables": found.value.get("StageVariables") or {},
    }


def _api_declared(api: Resource) -> Settings:
    return {"routes": tuple(str(one.get("RouteKey")) for one in api.attachments(_ROUTE))}


def _api_read(api: Resource) -> SansIO[Settings | None]:
    call = Call("apigatewayv2", "GetRoutes", {"ApiId": api.name}, pages=True, expected=_MISSING)
    (found,) = yield (call,)
    if isinstance(found, Failed):
        return None
    return {"routes": tuple(one.text("RouteKey") for one in found.children("Items"))}


def _asked(operation: str, resource: Resource, **named: str) -> SansIO[Document | None]:
    """Read a part of an API. None if it does not exist."""
    where = {"ApiId": str(resource.properties.get("ApiId")), **named}
    (found,) = yield (Call("apigatewayv2", operation, where, expected=_MISSING),)
    return None if isinstance(found, Failed) else found


def _id(target: object) -> str:
    """Return an integration's id. CloudFormation also shows it with its API's id."""
    return str(target).rpartition("/")[2]


def _get(path: str) -> tuple[Permission, ...]:
    reason = "API Gateway generates the ids of APIs and of their parts"
    return (Permission("apigateway:GET", (f"arn:aws:apigateway:*::/apis/*/{path}",), reason=reason),)


KINDS = (
    Kind(_ROUTE, "route", _get("routes/*"), _route_declared, _route_read, {}),
    Kind(
        "AWS::ApiGatewayV2::Integration",
        "integration",
        _get("integrations/*"),
        _integration_declared,
        _integration_read,
        {},
    ),
    Kind(_STAGE, "stage", _get("stages/*"), _stage_declared, _stage_read, {}),
    Kind("AWS::ApiGatewayV2::Api", "API", _get("routes"), _api_declared, _api_read, {"routes": _UNDECLARED}),
)
