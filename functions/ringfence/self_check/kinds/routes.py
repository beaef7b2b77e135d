"""Routes of the operators' HTTP API: each one must have its callers verified by IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource


def _declared(route: Resource) -> Settings:
    return {
        "authorization": route.properties.get("AuthorizationType"),
        "route": route.properties.get("RouteKey"),
        "target": _id(route.properties.get("Target")),
    }


def _read(route: Resource) -> SansIO[Settings | None]:
    where = {"ApiId": str(route.properties.get("ApiId")), "RouteId": route.name}
    (found,) = yield (Call("apigatewayv2", "GetRoute", where, expected=("NotFoundException",)),)
    if isinstance(found, Failed):
        return None
    return {
        "authorization": found.optional_text("AuthorizationType") or "NONE",
        "route": found.text("RouteKey"),
        "target": _id(found.optional_text("Target")),
    }


def _id(target: object) -> str:
    """Return an integration's id. CloudFormation also shows it with its API's id."""
    return str(target).rpartition("/")[2]


KINDS = (
    Kind(
        "AWS::ApiGatewayV2::Route",
        "route",
        (
            Permission(
                "apigateway:GET",
                ("arn:aws:apigateway:*::/apis/*/routes/*",),
                reason="API Gateway generates the ids of APIs and routes",
            ),
        ),
        _declared,
        _read,
        {},
    ),
)
