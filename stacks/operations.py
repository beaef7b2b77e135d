"""The operations that the functions call, by botocore's names: derived from the permissions they declare."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from ringfence.aws import athena
from ringfence.handlers.outputs import every_output
from ringfence.runbooks.catalogue import CATALOGUE
from stacks import needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.call import Permission

Operations = Mapping[str, tuple[str, ...]]
"""The operations of each service, both by botocore's names and sorted."""

SERVICES = {"apigateway": "apigatewayv2", "elasticloadbalancing": "elbv2"}
"""botocore's name of a service where IAM has another."""

OTHER_SERVICES: Mapping[str, str] = dict.fromkeys(
    ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"), "dynamodbstreams"
)
"""botocore's name of the service of an action that belongs to another service than its prefix says."""

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "apigateway:GET": ("GetIntegration", "GetRoute", "GetRoutes", "GetStage"),
    "dynamodb:PutItem": ("PutItem", "TransactWriteItems"),
    "s3:GetBucketObjectLockConfiguration": ("GetObjectLockConfiguration",),
    "s3:GetBucketPublicAccessBlock": ("GetPublicAccessBlock",),
    "s3:GetEncryptionConfiguration": ("GetBucketEncryption",),
    "s3:GetLifecycleConfiguration": ("GetBucketLifecycleConfiguration",),
    "s3:GetObjectVersion": ("GetObject",),
    "s3:ListBucketVersions": ("ListObjectVersions",),
    "s3:PutBucketPublicAccessBlock": ("PutPublicAccessBlock",),
    "s3:PutEncryptionConfiguration": ("DeleteBucketEncryption", "PutBucketEncryption"),
    "securityhub:BatchUpdateFindings": ("BatchUpdateFindings", "BatchUpdateFindingsV2"),
    "securityhub:GetFindings": ("GetFindings", "GetFindingsV2"),
    "sqs:SendMessage": ("SendMessage", "SendMessageBatch"),
}
"""The operations of an action that does not allow exactly the operation with its name.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecurityhub.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""

MADE_BY_BOTOCORE: Mapping[str, tuple[str, ...]] = {"s3": ("CreateSession", "HeadBucket")}
"""Operations that botocore calls itself: to find a bucket's region, and to use a directory bucket."""


@cache
def scan_operations() -> Operations:
    """Return what the function of scheduled scans calls, in the home account and in each account."""
    return operations_of((*needs.SCANS, *needs.SCAN_READS))


@cache
def operations() -> Operations:
    """Return what all functions together call."""
    return operations_of(_declared())


def operations_of(permissions: Iterable[Permission]) -> Operations:
    """Return the operations that permissions allow. Implied permissions allow none."""
    found: dict[str, set[str]] = {}
    for action in {one.action for one in permissions if not one.implied}:
        prefix, _, name = action.partition(":")
        service = OTHER_SERVICES.get(action, SERVICES.get(prefix, prefix))
        known = found.setdefault(service, set(MADE_BY_BOTOCORE.get(service, ())))
        known.update(OTHER_NAMES.get(action, (name,)))
    return {service: tuple(sorted(names)) for service, names in sorted(found.items())}


def _declared() -> Iterator[Permission]:
    for runbook in CATALOGUE.values():
        yield from runbook.permissions()
        yield from runbook.release_permissions()
    functions = (
        *(needs.RECHECK, needs.OPERATE, needs.ARCHIVE, needs.NOTIFY),
        *(needs.CHECKPOINT, needs.CONTROL, needs.HEARTBEAT, needs.SELF_CHECK, needs.INTAKE, needs.FINDINGS),
        *(needs.TELL_OUTPUTS, needs.OUTPUTS, *(one.permissions for one in every_output())),
        *(needs.SWEEP, needs.SWEEP_READS, needs.HUB_ACTIONS, needs.COUNT, athena.PERMISSIONS),
    )
    for function in functions:
        yield from function
