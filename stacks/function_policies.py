"""The policy of each function: no user and no role may invoke it but those that `stacks.callers` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from stacks.callers import invoked
from stacks.names import role_arn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct

SID = "NobodyElse"


def only_its_callers(
    scope: Construct,
    name: str,
    arn: str,
    allowed: Iterable[iam.PolicyStatement] = (),
    people: Iterable[str] = (),
) -> lambda_.CfnResourcePolicy:
    """Deny users and roles to invoke a function, whatever their own policies allow.

    AWS services are not meant: a principal of the account has an ARN, and a service has none. So the
    statement cannot stop an event source mapping. `allowed` are the statements that let services invoke the
    function. `people` are the ARNs of further roles that invoke it.
    """
    account = Stack.of(scope).account
    own = (role_arn(account, one) for one in invoked()[name].roles)
    denied = iam.PolicyStatement(
        sid=SID,
        effect=iam.Effect.DENY,
        actions=["lambda:InvokeFunction"],
        principals=[iam.StarPrincipal()],
        resources=[arn, f"{arn}:*"],
        conditions={
            "ArnNotEquals": {"aws:PrincipalArn": [*own, *people]},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            "Null": {"aws:PrincipalArn": "false"},
        },
    )
    return lambda_.CfnResourcePolicy(
        scope,
        "Callers",
        resource_arn=arn,
        policy_document=iam.PolicyDocument(statements=[*allowed, denied]),
    )
