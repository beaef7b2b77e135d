"""What the functions need besides the log and their roles elsewhere: queues, keys, logs, traces.

Declared like the permissions of steps, and checked by the same tests. `{placeholders}` stand for ARNs.
"""

from __future__ import annotations

from dataclasses import replace

from ringfence.aws import archive, dynamo, incidents, notice, outputs
from ringfence.handlers import operator_types as operations
from ringfence.model.call import Permission

LOGS = (
    Permission("logs:CreateLogStream", ("{logs}",)),
    Permission("logs:PutLogEvents", ("{logs}",)),
)
TRACES = tuple(
    Permission(action, ("*",), reason="X-Ray's writing actions know no resources")
    for action in ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
)
EVERY_FUNCTION = (*LOGS, *TRACES)

ASSUME = (Permission("sts:AssumeRole", ("{roles}",)),)
"""The roles in the protected accounts; a function changes nothing with its own."""
_SCOPE = (("StringEquals", "aws:ResourceAccount", ("{accounts}",)),)
ASSUME_EACH = tuple(replace(one, conditions=_SCOPE) for one in ASSUME)
"""Many roles in the protected accounts: the accounts are named once, and not with each role."""

_QUEUES = (("StringEquals", "kms:ViaService", ("sqs.{home_region}.amazonaws.com",)),)
CONSUME = (
    *(
        Permission(action, ("{queues}",))
        for action in (
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        )
    ),
    Permission("kms:Decrypt", ("{queue_key}",), _QUEUES, implied=True),
)
CONTINUE = (
    Permission("sqs:SendMessage", ("{continuations}",)),
    Permission("kms:GenerateDataKey", ("{queue_key}",), _QUEUES, implied=True),
    Permission("kms:Decrypt", ("{queue_key}",), _QUEUES, implied=True),
)

_TABLES = (("StringEquals", "kms:ViaService", ("dynamodb.{home_region}.amazonaws.com",)),)
USE_TABLES = tuple(
    Permission(action, ("{audit_key}",), _TABLES, implied=True)
    for action in (
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    )
)
"""What DynamoDB demands of the callers of a table with a key of one's own, of them through DynamoDB alone.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""

READ_TABLE = tuple(
    Permission(action, ("{audit_key}",), _TABLES, implied=True)
    for action in ("kms:Decrypt", "kms:DescribeKey")
)
"""What those need who only read such a table or its stream: what the CDK grants them."""
READ_STREAM = (
    *(
        Permission(action, ("{stream}",))
        for action in ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
    ),
    Permission(
        "dynamodb:ListStreams",
        ("*",),
        reason="the event source mapping asks for it, and the action has no resource types",
    ),
    *READ_TABLE,
)
SET_ASIDE = (
    Permission("sqs:SendMessage", ("{set_aside}",)),
    Permission("kms:GenerateDataKey", ("{audit_key}",), _QUEUES, implied=True),
    Permission("kms:Decrypt", ("{audit_key}",), _QUEUES, implied=True),
)
"""Batches of the stream that no attempt got through."""

_ARCHIVE = (("StringEquals", "kms:ViaService", ("s3.{home_region}.amazonaws.com",)),)
READ_ARCHIVE = Permission("kms:Decrypt", ("{audit_key}",), _ARCHIVE, implied=True)
USE_ARCHIVE = (
    Permission("kms:GenerateDataKey", ("{audit_key}",), _ARCHIVE, implied=True),
    READ_ARCHIVE,
)
_TOPIC = (("StringEquals", "kms:ViaService", ("sns.{home_region}.amazonaws.com",)),)
USE_TOPIC = (
    Permission("kms:GenerateDataKey", ("{audit_key}",), _TOPIC, implied=True),
    Permission("kms:Decrypt", ("{audit_key}",), _TOPIC, implied=True),
)

_EACH = "each entry of the log is an object of its own"
WRITE_ARCHIVE, GET_ARCHIVE = (
    tuple(replace(one, reason=one.reason or _EACH) for one in declared)
    for declared in (archive.WRITE_PERMISSIONS, archive.READ_PERMISSIONS)
)

RESPOND = (*dynamo.PERMISSIONS, *USE_TABLES, *ASSUME, *CONSUME, *CONTINUE)
OPERATE = (*dynamo.PERMISSIONS, *operations.FIND_PERMISSIONS, *USE_TABLES, *ASSUME_EACH, *CONTINUE)
ARCHIVE = (*WRITE_ARCHIVE, *USE_ARCHIVE, *notice.PERMISSIONS, *USE_TOPIC)
NOTIFY = (*incidents.ENTRIES_PERMISSIONS, *notice.PERMISSIONS, *USE_TOPIC)
"""What each function needs of its own, beside what feeds it and what every function needs."""

AUDIT = (*incidents.PERMISSIONS, *GET_ARCHIVE, *outputs.PERMISSIONS, *READ_TABLE, READ_ARCHIVE)
"""What a person needs to read and verify the record: `ringfence incidents` and `ringfence audit`."""
OPERATOR = (Permission("execute-api:Invoke", ("{routes}",)), *outputs.PERMISSIONS)
"""What a person needs to run and release by hand: the API, and to be told where it is."""
