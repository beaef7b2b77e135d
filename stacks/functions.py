"""A function with its log group and role, the same way for all functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from ringfence.model.resource_names import function_role
from ringfence.record.measures import NAMESPACE, SERVICE
from stacks.acknowledgements import acknowledge, acknowledge_wildcards
from stacks.callers import Way, invoked
from stacks.function_policies import only_its_callers
from stacks.names import prefixed
from stacks.needs import EVERY_FUNCTION
from stacks.permissions import document, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from ringfence.model.call import Permission

RUNTIME = lambda_.Runtime.PYTHON_3_13
FULL_CORE = 1769
"""Megabytes. This size includes one full processor, which limits a cold start.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""
MODEST = 512
SOURCE_FUNCTION = "lambda:SourceFunctionArn"
"""The condition key with the function that makes a call."""
LOGS_KEPT = logs.RetentionDays.ONE_YEAR


@dataclass(frozen=True)
class Settled:
    """The shared settings of a stack's functions."""

    scope: Construct
    code: lambda_.Code
    key: kms.IKey


@dataclass(frozen=True)
class Handler:
    """One function: its name, handler, times and environment. `reserved`: its reserved concurrency."""

    name: str
    handler: str
    description: str
    timeout: int
    memory: int = MODEST
    environment: Mapping[str, str] = field(default_factory=dict)
    reserved: int | None = None


def log_group(scope: Construct, id_: str, key: kms.IKey) -> logs.LogGroup:
    """Return an encrypted log group that is kept when its stack is deleted."""
    return logs.LogGroup(
        scope, id_, encryption_key=key, retention=LOGS_KEPT, removal_policy=RemovalPolicy.RETAIN
    )


def role(
    scope: Construct,
    name: str,
    permissions: Iterable[Permission],
    places: Mapping[str, str | tuple[str, ...]],
) -> iam.IRole:
    """Return a function's role with the declared permissions and no others."""
    needed = resolved((*EVERY_FUNCTION, *permissions), {"home_region": Stack.of(scope).region, **places})
    own = iam.Role(
        scope,
        "Role",
        role_name=function_role(name),
        description=f"Permissions of Ringfence's {name} function in the home account",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={
            "declared": document(needed),
            "elsewhere": iam.PolicyDocument(statements=[_elsewhere(Stack.of(scope), name)]),
        },
    )
    acknowledge_wildcards(own, needed)
    # The CDK would add permissions on its own.
    return own.without_policy_updates()


def _elsewhere(stack: Stack, name: str) -> iam.PolicyStatement:
    """Deny a function's role everything in other functions: who may pass roles could give it to one.

    Lambda sets the key for calls from a function. Without it, a negated operator matches, so `Null` asks for
    it: Lambda itself makes some calls with the role, without the key. A trust policy cannot use the key.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    own = (one.name for one in invoked().values() if function_role(name) in one.roles)
    arns = [stack.format_arn(service="lambda", resource=f"function:{prefixed(one)}") for one in own]
    return iam.PolicyStatement(
        effect=iam.Effect.DENY,
        actions=["*"],
        resources=["*"],
        conditions={
            "ArnNotEquals": {SOURCE_FUNCTION: arns},
            "Null": {SOURCE_FUNCTION: "false"},
        },
    )


def function(
    settled: Settled,
    handler: Handler,
    own: iam.IRole,
    group: logs.ILogGroup,
    people: Iterable[str] = (),
) -> lambda_.Function:
    """Return a function on arm64 with tracing and its own log group.

    `people` are the ARNs of the roles whose members may invoke it.
    """
    made = lambda_.Function(
        settled.scope,
        f"{handler.handler.replace('.', ' ').title().replace(' ', '')}Function",
        function_name=prefixed(handler.name),
        description=handler.description,
        code=settled.code,
        handler=handler.handler,
        runtime=RUNTIME,
        architecture=lambda_.Architecture.ARM_64,
        memory_size=handler.memory,
        timeout=Duration.seconds(handler.timeout),
        tracing=lambda_.Tracing.ACTIVE,
        role=own,
        log_group=group,
        reserved_concurrent_executions=handler.reserved,
        environment={
            "POWERTOOLS_SERVICE_NAME": SERVICE,
            "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
            **handler.environment,
        },
    )
    bare = made.node.default_child
    if isinstance(bare, lambda_.CfnFunction):
        # The CDK waits for separate policies. This role has inline policies only.
        bare.add_deletion_override("DependsOn")
    acknowledge(made, "L1", "the code is tested with Python 3.13, and AWS supports it for years")
    if Way.API not in invoked()[handler.name].ways:  # the policy of that function names the API
        only_its_callers(made, handler.name, made.function_arn, people=people)
    return made


def provisioned(function: lambda_.Function, name: str, environments: int) -> lambda_.Alias:
    """Return the alias that invokes a function in environments which are initialized before any event.

    https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
    """
    alias = lambda_.Alias(
        function,
        "Provisioned",
        alias_name="provisioned",
        description="Execution environments that are initialized before any event",
        version=function.current_version,
        provisioned_concurrent_executions=environments,
    )
    only_its_callers(alias, name, alias.function_arn)
    return alias
