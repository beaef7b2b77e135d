"""The service control policy of accounts with Ringfence: who may change it. `make docs` writes docs/scp.json.

It limits users and roles of an account, its administrators among them. It does not limit the organization's
management account, service-linked roles and AWS services.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.events.heartbeat import SOURCE
from ringfence.model.resource_names import PREFIX, run_role
from ringfence.model.subject import DeliveryRef
from ringfence.record.measures import NAMESPACE
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.names import AUDIT_STACK, NETWORK_STACK, SCANS_STACK

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
ANY_HOME = "*"
_ROLES = f"arn:aws:iam::*:role/{PREFIX}*"
_FUNCTIONS, _SCHEDULES = f"{_ROLES}-function", f"{_ROLES}-schedule"
_STACKS = "Ringfence-*"
_AUDIT = f"{AUDIT_STACK}-*"


def service_control_policy(
    deployer: str = DEPLOYER,
    executor: str = EXECUTOR,
    break_glass: str = BREAK_GLASS,
    home: str = ANY_HOME,
    apis: Sequence[str] = (),
) -> Json:
    """Return the policy.

    It names resources by the prefix `ringfence-`, also those of others. An exception by such a name is safe,
    because nobody else may create a role with one, or pass one to a service.

    Parameters
    ----------
    deployer, executor, break_glass
        ARNs of roles, which can contain `*`.
    home
        The home account. Only the policy of its default event bus is denied to others. `*` is each account.
    apis
        The ids of the operators' API and of the API for sent findings, which AWS generates: the first label
        of the host in the outputs `OperateUrl` and `FindingsUrl`. Without them, the policy cannot name the
        APIs.
    """
    owners = (executor, break_glass)
    switching = (*owners, *_switching_roles())
    statements = [
        _deny("Invoke", (_FUNCTION,), ("lambda:Invoke*",), (_SCHEDULES, break_glass)),
        # Each action concerns resources of one service only, so one statement is enough for all of them.
        _deny("Change", (*_RESOURCES, *_parts(apis), *owners), (*_CHANGES, *_api_changes(apis)), switching),
        _deny("Mappings", ("*",), _MAPPINGS, switching, {"ArnLike": {"lambda:FunctionArn": _FUNCTION}}),
        _deny("Keys", ("*",), _KEYS, owners, {"ForAnyValue:StringLike": {"kms:ResourceAliases": _ALIASES}}),
        _deny("Data", (_TABLE, *(f"{one}/*" for one in _BUCKETS)), _DATA, (_FUNCTIONS, break_glass)),
        _deny("Stacks", (f"arn:aws:cloudformation:*:*:stack/{_STACKS}/*",), _DEPLOY, (deployer, *owners)),
        # The functions pass the role of the schedules that lead back to an approval.
        _deny("Pass", (executor, _ROLES), ("iam:PassRole",), (deployer, *owners, _FUNCTIONS)),
        _deny("Bus", ("*",), _BUS, owners, {"StringLike": {"aws:PrincipalAccount": home}}),
        _elsewhere(),
        _deny(
            "Beats",
            ("*",),
            ("events:PutEvents",),
            (_ROLES,),
            {"ForAnyValue:StringEquals": {"events:source": SOURCE}},
        ),
        _deny(
            "Metrics",
            ("*",),
            ("cloudwatch:PutMetricData",),
            (break_glass,),
            {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
        ),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _parts(apis: Sequence[str]) -> tuple[str, ...]:
    """Return the APIs and everything in them: routes, integrations, stages and authorizers."""
    return tuple(f"arn:aws:apigateway:*::/apis/{api}*" for api in apis)


def _api_changes(apis: Sequence[str]) -> tuple[str, ...]:
    """Return every change of an API: it is deleted, or patched, posted or put."""
    return ("apigateway:DELETE", "apigateway:P*") if apis else ()


def _elsewhere() -> Json:
    """Return the statement that denies the role of a function everything in a function of others.

    Lambda sets the key for calls from a function. Without it, a negated operator matches, so `Null` asks
    for it: Lambda itself makes some calls with the role, without the key.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    return {
        "Sid": "Elsewhere",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "ArnLike": {"aws:PrincipalArn": _FUNCTIONS},
            "ArnNotLike": {"lambda:SourceFunctionArn": _FUNCTION},
            "Null": {"lambda:SourceFunctionArn": "false"},
        },
    }


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
_BUCKETS = tuple(f"arn:aws:s3:::{one.lower()}-*" for one in (AUDIT_STACK, SCANS_STACK, NETWORK_STACK))
"""Those with the archive, the results of scans, and those of Athena. CloudFormation names them so."""
_ALIASES = f"alias/{PREFIX}*"
_RESOURCES = (
    _FUNCTION,
    _TABLE,
    *_BUCKETS,
    f"arn:aws:cloudwatch:*:*:alarm:{PREFIX}*",
    f"arn:aws:events:*:*:rule/{_STACKS}",
    f"arn:aws:iam::*:*/{PREFIX}*",
    f"arn:aws:kms:*:*:{_ALIASES}",
    f"arn:aws:logs:*:*:log-group:{_STACKS}",
    f"arn:aws:scheduler:*:*:schedule/*/{PREFIX}*",
    f"arn:aws:sns:*:*:{_AUDIT}",
    f"arn:aws:sqs:*:*:{PREFIX}*",
)
_CHANGES = (
    # A rule that mutes an alarm needs the permission on the alarm.
    *(f"cloudwatch:{one}" for one in ("Delete*", "DisableAlarm*", "Put*", "SetAlarm*")),
    *(f"dynamodb:{one}" for one in ("*ResourcePolicy", "DeleteTable", "UpdateContinuousBackups", "UpdateT*")),
    *(f"events:{one}" for one in ("DeleteRule", "DisableRule", "Put*", "RemoveTargets")),
    *(
        f"iam:{one}*"
        for one in ("Attach", "Create", "Delete", "Detach", "Put", "Set", "Tag", "Untag", "Update")
    ),
    "kms:*Alias",
    *(f"lambda:{one}*" for one in ("Add", "Create", "Delete", "Publish", "Put", "Remove", "Update")),
    *(f"logs:{one}" for one in ("*KmsKey", "Delete*", "PutDataP*", "PutRetentionPolicy", "PutTransformer")),
    *(f"s3:{one}" for one in ("DeleteBucket*", "Put*Configuration", "PutBucket*")),
    "scheduler:*teSchedule",  # create, delete and update
    *(f"sns:{one}" for one in ("*Permission", "DeleteTopic", "PutDataP*", "Set*", "Unsubscribe")),
    *(f"sqs:{one}" for one in ("*Permission", "DeleteQueue", "PurgeQueue", "SetQueueAttributes")),
)
_BUS = ("events:*Permission", "events:DeleteEventBus", "events:UpdateEventBus")
"""The permissions of buses have no resource types."""
_MAPPINGS = ("lambda:*teEventSourceMapping",)
"""Create, delete and update. It is short, because the whole policy has little space."""
_KEYS = tuple(f"kms:{one}" for one in ("*Grant", "DisableKey*", "PutKeyPolicy", "ScheduleKeyDeletion"))
_DATA = (
    # `*teItem` is BatchWriteItem, DeleteItem and UpdateItem.
    *(f"dynamodb:{one}" for one in ("*teItem", "PartiQL*", "PutItem")),
    *(f"s3:{one}" for one in ("BypassGovernanceRetention", "Delete*", "PutObject*")),
)
# `*teStack` is CreateStack, DeleteStack, UpdateStack and CancelUpdateStack.
_DEPLOY = tuple(
    f"cloudformation:{one}"
    for one in (
        "*ChangeSet",
        "*StackPolicy",
        "*StackRefactor",
        "*Rollback*",
        "*teStack",
        "UpdateTerminationProtection",
    )
)
