"""IAM enforcement in ministack: its start, and its services.

`enforcement_ec2` and `enforcement_arns` determine the resources of a call, `enforcement_iam` and
`enforcement_kms` its condition keys, and `enforcement_delivery` both for EventBridge and Lambda.
`enforcement_tables` adds the policies of tables.
"""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks import (
    enforcement_arns,
    enforcement_delivery,
    enforcement_ec2,
    enforcement_iam,
    enforcement_kms,
    enforcement_logging,
    enforcement_scheduler,
    enforcement_tables,
    security_hub_v2,
)
from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable

    Original = Callable[..., Any]

_checks: contextvars.ContextVar[tuple[enforcement_ec2.Check, ...]] = contextvars.ContextVar(
    "checks", default=()
)
_iam_context: contextvars.ContextVar[dict[str, str] | None] = contextvars.ContextVar(
    "iam_context", default=None
)


OF_BATCHES = {
    f"sqs:{name}Batch": f"sqs:{name}" for name in ("ChangeMessageVisibility", "DeleteMessage", "SendMessage")
}
"""The actions of calls with several messages: those of calls with one.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""


def install() -> None:
    """Fix what ministack gets wrong. Each function below describes one error."""
    from ministack.core import iam_actions, iam_evaluator

    # Calls of services that ministack does not know are not checked at all.
    for service in ("guardduty", "securityhub"):
        iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service
        iam_actions._BOTOCORE_SERVICE_MAP[service] = [service]
    around(iam_actions, "extract_resource_arn", _make_out_resources)
    around(iam_actions, "_lambda_action", _make_out_lambda_actions)
    around(iam_evaluator, "_resource_policy", enforcement_tables.policy)
    around(iam_evaluator, "enforce", _check_each_resource)


def switch(on: bool) -> None:  # noqa: FBT001 - a switch
    """Turn enforcement on or off. Warm functions stay: they act as their role in either case."""
    from ministack import app as gateway

    gateway.AUTH = on


def _make_out_resources(
    original: Original,
    service: str,
    method: str,
    path: str,
    headers: Any,
    body: Any,
    query_params: Any,
    region: str,
    account_id: str,
) -> Any:
    """Profiles, scaling and target groups, recorders, detectors: ministack assigns no resource to them.

    The resources of EC2 and Scheduler calls and the policies of IAM calls are stored for
    `_check_each_resource`, which runs next.
    """
    _checks.set(())
    if service == "ec2":
        _checks.set(enforcement_ec2.checks(query_params, region, account_id))
    if service == "scheduler":
        _checks.set(enforcement_scheduler.checks(method, path, body, query_params or {}, region, account_id))
    _iam_context.set(enforcement_iam.context(query_params) if service == "iam" else None)
    if service == "kms":
        _iam_context.set(enforcement_kms.context(body))
    if service == "lambda":
        _iam_context.set(enforcement_delivery.context(path))
    if service == "events" and (arn := enforcement_delivery.named(headers, body, region, account_id)):
        return arn
    touched = enforcement_logging.resource(service, path, headers, body, region, account_id)
    if service == "config" and touched:  # ministack takes the name of a rule for the id in its ARN
        return touched
    known = enforcement_delivery.resource(
        original(service, method, path, headers, body, query_params, region, account_id)
    )
    if known != "*":
        return known
    return enforcement_arns.resource(service, query_params, region, account_id) or touched or known


def _make_out_lambda_actions(original: Original, method: str, path: str) -> Any:
    """Calls on one event source mapping have no action. To read a concurrency has that of setting it."""
    return enforcement_delivery.action(method, path) or original(method, path)


def _check_each_resource(
    original: Original,
    key: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """EC2: ministack checks at most one resource, without tags, and neither PassRole nor tags on creation.

    SQS: it has actions for batches. Scheduler: it knows no group but the default one, and no PassRole. IAM,
    KMS and Lambda: it lacks their condition keys.
    """
    action = security_hub_v2.ACTIONS.get(action, OF_BATCHES.get(action, action))
    own = (_iam_context.get() or {}) if service in {"iam", "kms", "lambda"} else {}
    context = (service_context or {}) | own
    noted = _checks.get() if service in {"ec2", "scheduler"} else ()
    for check in noted:
        denied = original(
            key,
            check.action,
            service,
            region,
            resource_arn=check.arn,
            service_context=context | dict(check.context),
        )
        if denied:
            return denied
    if noted:
        return None
    return original(key, action, service, region, resource_arn=resource_arn, service_context=context)
