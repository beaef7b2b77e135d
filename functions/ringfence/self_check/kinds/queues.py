"""SQS queues with their policies, and the dead letters that wait in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.compare import statements
from ringfence.self_check.kind import REVERT, Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.document import Document
    from ringfence.self_check.template import Resource

DEAD_LETTERS = "-dead-letters"
_MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_DEFAULTS = {"VisibilityTimeout": 30, "MessageRetentionPeriod": 345_600, "DelaySeconds": 0}
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""


def _declared(queue: Resource) -> Settings:
    given = queue.properties
    policies = queue.attachments("AWS::SQS::QueuePolicy")
    return {
        "encryption": _encryption(given.get("KmsMasterKeyId"), given.get("SqsManagedSseEnabled")),
        "visibility timeout": _number(given, "VisibilityTimeout"),
        "retention period": _number(given, "MessageRetentionPeriod"),
        "delay": _number(given, "DelaySeconds"),
        "dead letters": _redrive(given.get("RedrivePolicy")),
        "policy": tuple(text for one in policies for text in statements(one.get("PolicyDocument"))),
        "waiting dead letters": 0,
    }


def _read(queue: Resource) -> SansIO[Settings | None]:
    wanted = {"QueueUrl": queue.id, "AttributeNames": ["All"]}
    (answer,) = yield (Call("sqs", "GetQueueAttributes", wanted, expected=_MISSING),)
    if isinstance(answer, Failed):
        return None
    found = answer.optional_child("Attributes")
    return {
        "encryption": _encryption(
            found.optional_text("KmsMasterKeyId"), found.optional_text("SqsManagedSseEnabled")
        ),
        "visibility timeout": _number(found.value, "VisibilityTimeout"),
        "retention period": _number(found.value, "MessageRetentionPeriod"),
        "delay": _number(found.value, "DelaySeconds"),
        "dead letters": _redrive(found.optional_text("RedrivePolicy")),
        "policy": statements(found.optional_text("Policy") or ""),
        **_waiting(queue, found),
    }


def _waiting(queue: Resource, found: Document) -> Settings:
    if not queue.name.endswith(DEAD_LETTERS):
        return {}
    return {"waiting dead letters": _number(found.value, "ApproximateNumberOfMessages")}


def _encryption(key: object, managed: object) -> str:
    if key:
        return f"KMS key {str(key).rpartition('/')[2]}"
    return "SSE-SQS" if str(managed).lower() != "false" else "none"


def _number(given: Mapping[str, object], name: str) -> int:
    return int(str(given.get(name) or _DEFAULTS.get(name, 0)))


def _redrive(given: object) -> Settings:
    read = json.loads(given) if isinstance(given, str) and given else given
    if not isinstance(read, Mapping):
        return {}
    return {"queue": read.get("deadLetterTargetArn"), "receives": int(str(read.get("maxReceiveCount", 0)))}


KINDS = (
    Kind(
        "AWS::SQS::Queue",
        "queue",
        (Permission("sqs:GetQueueAttributes", ("arn:aws:sqs:*:{account}:ringfence-*",)),),
        _declared,
        _read,
        {
            "policy": REVERT,
            "waiting dead letters": "ringfence dead-letters list, then: ringfence dead-letters replay",
        },
    ),
)
