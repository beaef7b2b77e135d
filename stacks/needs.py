"""Permissions of the functions besides the log and the member roles: queues, keys, logs, traces.

They are declared like the permissions of steps, and checked by the same tests. `{placeholders}` are ARNs.
"""

from __future__ import annotations

from dataclasses import replace

from ringfence.aws import (
    activity_items,
    archive,
    athena,
    containments,
    dead_letters,
    dynamo,
    held_items,
    identity,
    incidents,
    log_files,
    log_sequence,
    log_signer,
    notice,
    outputs,
    record_keys,
    scan_files,
    scan_items,
    schedules,
    stream_source,
    sweep_items,
)
from ringfence.events.cloudtrail import sweep as cloudtrail
from ringfence.events.config import sweep as config
from ringfence.events.guardduty import sweep as guardduty
from ringfence.events.heartbeat import SOURCE
from ringfence.events.heartbeat import SOURCE as HEARTBEAT_SOURCE
from ringfence.events.security_hub import actions
from ringfence.handlers import managed_policies
from ringfence.handlers import operator_types as operations
from ringfence.handlers.managed_policies import AUDITOR
from ringfence.model.call import Permission
from ringfence.posture import queries, recording, service_reads
from ringfence.self_check.needs import PERMISSIONS as _SELF_CHECK

LOGS = (
    Permission("logs:CreateLogStream", ("{logs}",)),
    Permission("logs:PutLogEvents", ("{logs}",)),
)
TRACES = tuple(
    Permission(action, ("*",), reason="X-Ray's write actions have no resource types")
    for action in ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
)
EVERY_FUNCTION = (*LOGS, *TRACES)

ASSUME = (Permission("sts:AssumeRole", ("{roles}",)),)
"""Permission to assume one role in the protected accounts. A function changes nothing with its own role."""
_SCOPE = (("StringEquals", "aws:ResourceAccount", ("{accounts}",)),)
ASSUME_EACH = tuple(replace(one, conditions=_SCOPE) for one in ASSUME)
"""Permission to assume several roles. The condition names the accounts once for all of them."""

_QUEUES = (("StringEquals", "kms:ViaService", ("sqs.{home_region}.amazonaws.com",)),)
RECEIVE = tuple(
    Permission(action, ("{queues}",))
    for action in (
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    )
)
CONSUME = (
    *RECEIVE,
    Permission("kms:Decrypt", ("{queue_key}",), _QUEUES, implied=True),
)
CONTINUE = (
    Permission("sqs:SendMessage", ("{continuations}",)),
    Permission("kms:GenerateDataKey", ("{queue_key}",), _QUEUES, implied=True),
    Permission("kms:Decrypt", ("{queue_key}",), _QUEUES, implied=True),
)

LEAD_BACK = CONTINUE
"""The permissions of the schedules that lead back to an approval."""

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
"""The KMS permissions of callers of a table with a customer managed key, through DynamoDB only.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""

READ_TABLE = tuple(
    Permission(action, ("{audit_key}",), _TABLES, implied=True)
    for action in ("kms:Decrypt", "kms:DescribeKey")
)
"""The KMS permissions of readers of such a table or its stream, as the CDK grants them."""
READ_STREAM = (
    *(
        Permission(action, ("{stream}",))
        for action in ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
    ),
    Permission(
        "dynamodb:ListStreams",
        ("*",),
        reason="the event source mapping needs it, and the action has no resource types",
    ),
    *READ_TABLE,
)
SET_ASIDE = (Permission("sqs:SendMessage", ("{set_aside}",)),)
"""Permission to store failed batches of the stream."""

_ARCHIVE = (("StringEquals", "kms:ViaService", ("s3.{home_region}.amazonaws.com",)),)
READ_ARCHIVE = Permission("kms:Decrypt", ("{audit_key}",), _ARCHIVE, implied=True)
USE_ARCHIVE = (READ_ARCHIVE,)
"""Objects that were archived before the archive had its own encryption are encrypted with the audit key."""
_TOPIC = (("StringEquals", "kms:ViaService", ("sns.{home_region}.amazonaws.com",)),)
USE_TOPIC = (
    Permission("kms:GenerateDataKey", ("{audit_key}",), _TOPIC, implied=True),
    Permission("kms:Decrypt", ("{audit_key}",), _TOPIC, implied=True),
)

_EACH = "each response has its own objects, and so has each part of the log"
WRITE_ARCHIVE, GET_ARCHIVE, WRITE_LOG, GET_LOG, COPY_CHECKPOINT = (
    tuple(replace(one, reason=one.reason or _EACH) for one in declared)
    for declared in (
        archive.WRITE_PERMISSIONS,
        archive.READ_PERMISSIONS,
        log_files.WRITE_PERMISSIONS,
        log_files.READ_PERMISSIONS,
        log_files.COPY_PERMISSIONS,
    )
)

TELL = (*notice.PERMISSIONS, *USE_TOPIC)
"""The permissions to notify people."""

RESPOND = (*dynamo.PERMISSIONS, *record_keys.PERMISSIONS, *USE_TABLES, *ASSUME, *CONSUME, *CONTINUE, *TELL)
RECHECK = (*RESPOND, *containments.LIST_PERMISSIONS)
"""The permissions of a runbook whose open contained incidents are verified again."""
OPERATE = (
    *dynamo.PERMISSIONS,
    *record_keys.PERMISSIONS,
    *operations.FIND_PERMISSIONS,
    *archive.FIND_PERMISSIONS,
    *identity.PERMISSIONS,
    *containments.LIST_PERMISSIONS,
    *USE_TABLES,
    *ASSUME_EACH,
    *CONTINUE,
    *dead_letters.PERMISSIONS,
    *TELL,
)
ARCHIVE = (
    *stream_source.PERMISSIONS,
    *record_keys.PERMISSIONS,
    *WRITE_ARCHIVE,
    *USE_ARCHIVE,
    *log_sequence.APPEND_PERMISSIONS,
    *USE_TABLES,
    *notice.PERMISSIONS,
    *USE_TOPIC,
)
CHECKPOINT = (
    *GET_ARCHIVE,
    *WRITE_LOG,
    *USE_ARCHIVE,
    *log_sequence.PUBLISH_PERMISSIONS,
    *USE_TABLES,
    *log_signer.SIGN_PERMISSIONS,
    *notice.PERMISSIONS,
    *USE_TOPIC,
)
CONTROL = (*incidents.ENTRIES_PERMISSIONS, *notice.PERMISSIONS, *USE_TOPIC)
NOTIFY = (
    *stream_source.PERMISSIONS,
    *CONTROL,
    *notice.SUBSCRIBED_PERMISSIONS,
    *notice.ESCALATION_PERMISSIONS,
    *schedules.PERMISSIONS,
    *held_items.PERMISSIONS,
    *USE_TABLES,
)
"""The additional permissions of each function."""

ROUTE = (*RECEIVE, *TELL, Permission("sns:Publish", ("{routed}",)))
"""The additional permissions of the function that sends notices on, to topics with the same key."""
CHAT = (Permission("execute-api:Invoke", ("{routes}",)), *TELL)
"""The additional permissions of the function behind the buttons in chat."""
COUNT = activity_items.PERMISSIONS
"""The permissions to count calls."""
ACTIVITY = (
    *COUNT,
    *CONSUME,
    Permission("execute-api:Invoke", ("{routes}",)),
    *TELL,
)
"""The additional permissions of the function for activity. It counts calls, and sends findings by the API."""
NETWORK = (
    *athena.PERMISSIONS,
    *CONSUME,
    Permission("sqs:SendMessage", ("{queues}",)),
    Permission("kms:GenerateDataKey", ("{queue_key}",), _QUEUES, implied=True),
    Permission("execute-api:Invoke", ("{routes}",)),
    *TELL,
)
"""The additional permissions of the function for flow logs. It sends findings by the API."""
HUB_ACTIONS = actions.PERMISSIONS
"""The additional permissions of the function that creates custom actions of Security Hub."""
PRESS = (Permission("lambda:InvokeFunction", ("{chat}",)),)
"""The permission to press the buttons in chat."""
TELL_OUTPUTS = (Permission("sqs:SendMessage", ("{outputs_queue}",)),)
"""The permission to send to the queue of the outputs. SQS encrypts it with its own key."""
OUTPUTS = (
    *incidents.ENTRIES_PERMISSIONS,
    *READ_TABLE,
    *RECEIVE,
    *TELL,
)
"""The additional permissions of the function that tells the outputs. Each output declares its own."""

AUDIT = (
    *(
        replace(one, reason=one.reason or _EACH) if one.action.startswith("s3:") else one
        for one in AUDITOR.permissions
    ),
    *READ_TABLE,
    READ_ARCHIVE,
)
"""The permissions to read and verify the log: `ringfence incidents` and `ringfence audit`."""
OPERATOR = (Permission("execute-api:Invoke", ("{routes}",)), *outputs.PERMISSIONS)
"""The permissions to call some routes of the API, and to find it in its stack's outputs."""
OPERATOR_WITH_MFA = (
    Permission("execute-api:Invoke", ("{routes}",), (("Bool", "aws:MultiFactorAuthPresent", ("true",)),)),
    *outputs.PERMISSIONS,
)
"""The same for sessions that were started with multi-factor authentication. Long-term keys have none.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
"""
SELF_CHECK = (
    *_SELF_CHECK,
    Permission(
        "dynamodb:BatchGetItem", ("arn:aws:dynamodb:*:{account}:table/Ringfence-Audit-ControlTable*",)
    ),
    Permission(
        "kms:Decrypt",
        ("arn:aws:kms:*:{account}:key/*",),
        (("StringLike", "kms:ViaService", ("dynamodb.*.amazonaws.com",)),),
        reason="AWS generates the ids of keys",
        implied=True,
    ),
    Permission(
        "events:PutEvents",
        ("arn:aws:events:*:{account}:event-bus/default",),
        (("StringEquals", "events:source", (HEARTBEAT_SOURCE,)),),
    ),
)
"""The permissions of the role `ringfence-doctor`, which reads Ringfence's own resources in one account."""
DOCTOR = managed_policies.DOCTOR.permissions
"""The permission to run the self-check: to assume that role in each account."""
HEARTBEAT = (
    *dynamo.PERMISSIONS,
    *record_keys.PERMISSIONS,
    *USE_TABLES,
    *CONSUME,
    *notice.PERMISSIONS,
    *USE_TOPIC,
    *DOCTOR,
)
"""The additional permissions of the function that records heartbeats and runs the self-check each hour."""
INTAKE = (
    *CONSUME,
    Permission("sqs:SendMessage", ("{first_queues}",)),
    Permission("kms:GenerateDataKey", ("{queue_key}",), _QUEUES, implied=True),
    *TELL,
)
"""The additional permissions of the function that takes in findings. It sends, and changes nothing."""
SWEEP = (
    *sweep_items.PERMISSIONS,
    *USE_TABLES,
    *ASSUME,
    *CONSUME,
    Permission("sqs:SendMessage", ("{sweep_queues}",)),
    Permission("kms:GenerateDataKey", ("{queue_key}",), _QUEUES, implied=True),
    *TELL,
)
"""The additional permissions of the function of the sweeps. It sends, and changes nothing."""
SWEEP_READS = (*guardduty.PERMISSIONS, *config.PERMISSIONS, *cloudtrail.PERMISSIONS)
"""The permissions of the role `ringfence-sweep`, which reads what the sources have in an account."""
SCAN_READS = (*queries.PERMISSIONS, *recording.PERMISSIONS, *service_reads.PERMISSIONS)
"""The permissions of the role `ringfence-scan`, which reads the items of AWS Config in an account."""
SCANNER = managed_policies.SCANNER.permissions
"""The permission to scan: to assume that role in each account."""
SCANS = (
    *scan_items.PERMISSIONS,
    *scan_files.PERMISSIONS,
    *USE_TABLES,
    *ASSUME,
    *RECEIVE,
    Permission("sqs:SendMessage", ("{queues}",)),
    *TELL,
)
"""The additional permissions of the function of scheduled scans. SQS encrypts its queue with its own key."""
HAND_OVER = (Permission("execute-api:Invoke", ("{routes}",)),)
"""Its permission to hand violations over, if the policy's `senders` names it."""
FINDINGS = (
    *dynamo.PERMISSIONS,
    *record_keys.PERMISSIONS,
    *USE_TABLES,
    *CONSUME,
    Permission("sqs:SendMessage", ("{intake}",)),
    Permission("kms:GenerateDataKey", ("{queue_key}",), _QUEUES, implied=True),
    *TELL,
)
"""The additional permissions of the functions for sent findings. They record refusals, and pass on others."""
BEAT = (
    Permission(
        "events:PutEvents",
        ("arn:aws:events:{region}:{account}:event-bus/default",),
        (("StringEquals", "events:source", (SOURCE,)),),
        reason="one role puts heartbeats on the bus of each region",
    ),
)
"""The permission of the schedules that send heartbeats."""
