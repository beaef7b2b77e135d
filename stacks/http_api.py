"""An HTTP API with IAM authorization before a function: routes, stage, and who may invoke the function."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration

from stacks.function_policies import only_its_callers
from stacks.functions import log_group
from stacks.names import prefixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from constructs import Construct

_RATE, _BURST = 10, 20
_LOGGED = ("requestId", "requestTime", "httpMethod", "path", "status", "responseLength", "identity.userArn")
_ERROR = "integrationErrorMessage"


def http_api(scope: Construct, name: str, about: str) -> apigateway.HttpApi:
    """Return an API that allows only callers whom IAM permits, and passes their identity to its function."""
    return apigateway.HttpApi(
        scope,
        "Api",
        api_name=prefixed(name),
        description=f"Ringfence: {about}",
        create_default_stage=False,
        default_authorizer=HttpIamAuthorizer(),
    )


def serve(
    scope: Construct,
    api: apigateway.HttpApi,
    made: tuple[str, lambda_.Function],
    paths: Sequence[str],
    key: kms.IKey,
) -> None:
    """Add the routes of an API to its function, `made`, which has a name. `key` encrypts its access log."""
    name, function = made
    # The CDK would add permissions one by one, which the function's policy replaces.
    invoked = lambda_.Function.from_function_attributes(
        scope,
        "Invoked",
        function_arn=function.function_arn,
        same_environment=False,
        skip_permissions=True,
    )
    integration = HttpLambdaIntegration(name.capitalize(), invoked)
    for path in paths:
        api.add_routes(path=path, methods=[apigateway.HttpMethod.POST], integration=integration)
    stage = apigateway.HttpStage(
        scope,
        "Stage",
        http_api=api,
        stage_name="$default",
        auto_deploy=True,
        throttle=apigateway.ThrottleSettings(rate_limit=_RATE, burst_limit=_BURST),
    )
    _log_access(scope, stage, key)
    only_its_callers(scope, name, function.function_arn, (_allowed(api, function, paths),))


def route_arn(api: apigateway.HttpApi, path: str) -> str:
    """Return the ARN by which IAM permits a route."""
    return Stack.of(api).format_arn(
        service="execute-api", resource=api.http_api_id, resource_name=f"$default/POST{path}"
    )


def _allowed(
    api: apigateway.HttpApi, function: lambda_.Function, paths: Sequence[str]
) -> iam.PolicyStatement:
    """Allow API Gateway to invoke the function for the routes of the API."""
    routes = [
        Stack.of(api).format_arn(service="execute-api", resource=api.http_api_id, resource_name=f"*/*{path}")
        for path in paths
    ]
    return iam.PolicyStatement(
        sid="Api",
        actions=["lambda:InvokeFunction"],
        principals=[iam.ServicePrincipal("apigateway.amazonaws.com")],
        resources=[function.function_arn],
        conditions={"ArnLike": {"aws:SourceArn": routes}},
    )


def _log_access(scope: Construct, stage: apigateway.HttpStage, key: kms.IKey) -> None:
    group = log_group(scope, "AccessLogs", key)
    line = {name.rpartition(".")[2]: f"$context.{name}" for name in (*_LOGGED, _ERROR)}
    # A log group's ARN ends with `:*`. API Gateway expects it without.
    arn = Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=group.log_group_name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    bare = stage.node.default_child
    if isinstance(bare, apigateway.CfnStage):
        bare.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=arn, format=json.dumps(line)
        )
