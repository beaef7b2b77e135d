"""The service control policy of accounts with Ringfence: who may change it. `make docs` writes docs/scp.json.

It limits users and roles of an account, its administrators among them. It does not limit the organization's
management account, service-linked roles and AWS services.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.model.resource_names import PREFIX, run_role
from ringfence.model.subject import DeliveryRef
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.callers import invoked
from stacks.names import AUDIT_STACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    Json = dict[str, object]

LIMIT = 5120
"""The most characters of a service control policy.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""
DEPLOYER = "arn:aws:iam::*:role/cdk-hnb659fds-deploy-role-*"
EXECUTOR = "arn:aws:iam::*:role/cdk-hnb659fds-cfn-exec-role-*"
BREAK_GLASS = "arn:aws:iam::*:role/break-glass"
"""The CDK's roles, with which it deploys and which CloudFormation assumes, and the role for emergencies."""
_FUNCTIONS = f"arn:aws:iam::*:role/{PREFIX}*-function"
_STACKS = "Ringfence-*"
_AUDIT = f"{AUDIT_STACK}-*"


def service_control_policy(
    deployer: str = DEPLOYER, executor: str = EXECUTOR, break_glass: str = BREAK_GLASS
) -> Json:
    """Return the policy. The parameters are ARNs of roles, which can contain `*`.

    It names resources by the prefix `ringfence-`, also those of others. An exception by such a name is safe,
    because nobody else may create a role with one.
    """
    owners = (executor, break_glass)
    schedules = sorted(
        {role for one in invoked().values() for role in one.roles if role.endswith("-schedule")}
    )
    may_invoke = tuple(f"arn:aws:iam::*:role/{role}" for role in schedules)
    functions = (_FUNCTIONS, break_glass)
    switching = (*owners, *_switching_roles())
    statements = [
        _deny("Invoke", (_FUNCTION,), ("lambda:InvokeFunction*",), (*may_invoke, break_glass)),
        # Each action concerns resources of one service only, so one statement is enough for all of them.
        _deny("Change", (*_RESOURCES, executor, break_glass), _CHANGES, switching),
        _deny("Mappings", ("*",), _MAPPINGS, switching, {"ArnLike": {"lambda:FunctionArn": _FUNCTION}}),
        _deny("Keys", ("*",), _KEYS, owners, {"ForAnyValue:StringLike": {"kms:ResourceAliases": _ALIASES}}),
        _deny("Data", (_TABLE, f"{_BUCKET}/*"), _DATA, functions),
        _deny("Stacks", (f"arn:aws:cloudformation:*:*:stack/{_STACKS}/*",), _DEPLOY, (deployer, *owners)),
        _deny("Pass", (executor,), ("iam:PassRole",), (deployer, break_glass)),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _switching_roles() -> tuple[str, ...]:
    """Return the roles that switch Ringfence's own resources on again, and may do nothing else."""
    return tuple(
        f"arn:aws:iam::*:role/{run_role(one.id)}"
        for one in CATALOGUE.values()
        if issubclass(one.subject, DeliveryRef)
    )


def text(policy: Json) -> str:
    """Return a policy as text, one statement a line. AWS counts its characters as they are sent."""
    statements = policy["Statement"]
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in statements)  # type: ignore[attr-defined]
    return f'{{"Version":"{policy["Version"]}","Statement":[\n{lines}\n]}}\n'


def _deny(
    sid: str,
    resources: Sequence[str],
    actions: Sequence[str],
    but: Sequence[str],
    where: dict[str, dict[str, str]] | None = None,
) -> Json:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Action": _one_or_all(actions),
        "Resource": _one_or_all(resources),
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": _one_or_all(but)}, **(where or {})},
    }


def _one_or_all(items: Sequence[str]) -> str | list[str]:
    return items[0] if len(items) == 1 else list(items)


_FUNCTION = f"arn:aws:lambda:*:*:function:{PREFIX}*"
_TABLE = f"arn:aws:dynamodb:*:*:table/{_AUDIT}"
_BUCKET = f"arn:aws:s3:::{_AUDIT.lower()}"
_ALIASES = f"alias/{PREFIX}*"
_RESOURCES = (
    _FUNCTION,
    _TABLE,
    _BUCKET,
    f"arn:aws:cloudwatch:*:*:alarm:{PREFIX}*",
    f"arn:aws:events:*:*:rule/{_STACKS}",
    f"arn:aws:iam::*:policy/{PREFIX}*",
    f"arn:aws:iam::*:role/{PREFIX}*",
    f"arn:aws:kms:*:*:{_ALIASES}",
    f"arn:aws:logs:*:*:log-group:{_STACKS}",
    f"arn:aws:scheduler:*:*:schedule/*/{PREFIX}*",
    f"arn:aws:sns:*:*:{_AUDIT}",
    f"arn:aws:sqs:*:*:{PREFIX}*",
)
_CHANGES = (
    *(
        f"cloudwatch:{one}"
        for one in ("DeleteAlarms", "DisableAlarmActions", "PutMetricAlarm", "SetAlarmState")
    ),
    *(f"dynamodb:{one}" for one in ("*ResourcePolicy", "DeleteTable", "UpdateContinuousBackups", "UpdateT*")),
    *(f"events:{one}" for one in ("DeleteRule", "DisableRule", "Put*", "RemoveTargets")),
    *(
        f"iam:{one}*"
        for one in ("Attach", "Create", "Delete", "Detach", "Put", "Set", "Tag", "Untag", "Update")
    ),
    "kms:*Alias",
    *(f"lambda:{one}*" for one in ("Add", "Create", "Delete", "Publish", "Put", "Remove", "Update")),
    *(f"logs:{one}" for one in ("Delete*", "DisassociateKmsKey", "PutRetentionPolicy")),
    *(f"s3:{one}" for one in ("DeleteBucket*", "Put*Configuration", "PutBucket*")),
    *(f"scheduler:{one}Schedule" for one in ("Create", "Delete", "Update")),
    *(f"sns:{one}" for one in ("*Permission", "DeleteTopic", "SetTopicAttributes")),
    *(f"sqs:{one}" for one in ("*Permission", "DeleteQueue", "PurgeQueue", "SetQueueAttributes")),
)
_MAPPINGS = tuple(f"lambda:{verb}EventSourceMapping" for verb in ("Create", "Delete", "Update"))
_KEYS = tuple(f"kms:{one}" for one in ("CreateGrant", "DisableKey*", "PutKeyPolicy", "ScheduleKeyDeletion"))
_DATA = (
    *(f"dynamodb:{one}" for one in ("BatchWriteItem", "DeleteItem", "PartiQL*", "PutItem", "UpdateItem")),
    *(f"s3:{one}" for one in ("BypassGovernanceRetention", "Delete*", "PutObject*")),
)
_DEPLOY = tuple(
    f"cloudformation:{one}"
    for one in (
        "*ChangeSet",
        "*StackPolicy",
        "CreateStack",
        "DeleteStack",
        "UpdateStack",
        "UpdateTerminationProtection",
    )
)
