"""Resource policies of the tables: the functions alone write, and nobody changes or removes what is recorded.

A resource policy denies also what IAM allows. The control plane is not denied, so CloudFormation can update
the tables and their policies.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from ringfence.model.resource_names import function_role, recording_roles
from stacks.names import role_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.settings import Settings

ADD = ("dynamodb:BatchWriteItem", "dynamodb:PartiQLInsert", "dynamodb:PutItem")
REMOVE = ("dynamodb:DeleteItem", "dynamodb:PartiQLDelete")
TIME_TO_LIVE = "dynamodb:UpdateTimeToLive"
CHANGE = ("dynamodb:PartiQLUpdate", "dynamodb:UpdateItem", TIME_TO_LIVE)
"""Changes of what is recorded, and the time to live, which would let items expire."""


def writers_only(settings: Settings, adds: Sequence[str] = ()) -> iam.PolicyDocument:
    """Return the policy of a table.

    The functions that write the record add items, and so do the functions `adds`. Break-glass roles do with
    `--direct`. Nobody deletes items. The policy of a table cannot name the table, which does not exist yet:
    `*` is the table itself.
    """
    names = (*recording_roles(), *map(function_role, adds), *settings.break_glass_roles)
    return iam.PolicyDocument(
        statements=[
            _denied("NobodyElseWrites", ADD, settings, names),
            _denied("NobodyRemoves", REMOVE, settings),
            _denied("NobodyChanges", CHANGE, settings),
        ]
    )


def written_by(settings: Settings, functions: Sequence[str]) -> iam.PolicyDocument:
    """Return the policy of a table that these functions alone write. Its items expire by themselves."""
    names = tuple(map(function_role, functions))
    return iam.PolicyDocument(
        statements=[
            _denied("NobodyElseWrites", ADD, settings, names),
            _denied("NobodyRemoves", REMOVE, settings),
            _denied("NobodyChanges", tuple(one for one in CHANGE if one != TIME_TO_LIVE), settings),
        ]
    )


def _denied(
    sid: str, actions: Sequence[str], settings: Settings, roles: Sequence[str] = ()
) -> iam.PolicyStatement:
    arns = [role_arn(settings.account, name) for name in roles]
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        actions=list(actions),
        principals=[iam.AnyPrincipal()],
        resources=["*"],
        conditions={"ArnNotEquals": {"aws:PrincipalArn": arns}} if arns else {},
    )
