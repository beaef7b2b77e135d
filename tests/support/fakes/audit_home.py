"""The audit tables and the archive on moto, as the stacks make them."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3

from ringfence.aws.audit_items import CHAIN, CONTAINMENTS, CONTROL_KEY, ENTRY, INCIDENTS, MONTH, OPEN
from ringfence.aws.dynamo import DynamoAuditLog
from ringfence.aws.notice import Topic
from tests.support.fakes.seals import FixedSeals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from ringfence.aws.dynamo import Seals

AUDIT, CONTROL, ARCHIVE = "audit", "control", "archive"
REGION: Final = "eu-west-1"


@cache
def session() -> boto3.Session:
    """Return a session that needs nothing from the environment."""
    return boto3.Session("testing", "testing", region_name=REGION)


@cache
def dynamodb() -> DynamoDBClient:
    """Return a client; making one takes longer than most tests."""
    return session().client("dynamodb")


@cache
def s3() -> S3Client:
    """Return a client, likewise."""
    return session().client("s3")


def tables() -> DynamoDBClient:
    """Make the audit and the control table."""
    client = dynamodb()
    client.create_table(
        TableName=AUDIT,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in (CHAIN, ENTRY, MONTH)
        ],
        KeySchema=[{"AttributeName": CHAIN, "KeyType": "HASH"}, {"AttributeName": ENTRY, "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": INCIDENTS,
                "KeySchema": [
                    {"AttributeName": MONTH, "KeyType": "HASH"},
                    {"AttributeName": ENTRY, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    client.create_table(
        TableName=CONTROL,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in (CONTROL_KEY, OPEN)],
        KeySchema=[{"AttributeName": CONTROL_KEY, "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": CONTAINMENTS,
                "KeySchema": [
                    {"AttributeName": OPEN, "KeyType": "HASH"},
                    {"AttributeName": CONTROL_KEY, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    return client


def bucket() -> S3Client:
    """Make the archive: versioned, locked for a day."""
    client = s3()
    client.create_bucket(
        Bucket=ARCHIVE,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=True,
    )
    client.put_object_lock_configuration(
        Bucket=ARCHIVE,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
        },
    )
    return client


def in_turn(functions: Sequence[Callable[[], object]]) -> Sequence[object]:
    """Run functions one after another: a `SideBySide` whose order is known."""
    return [function() for function in functions]


def dynamo_log(
    client: DynamoDBClient, *, remembers: bool = False, seals: Seals | None = None
) -> DynamoAuditLog:
    """Return the audit log on these tables."""
    return DynamoAuditLog(client, AUDIT, CONTROL, in_turn, seals or FixedSeals(), remembers=remembers)


class Inbox:
    """A topic and a queue that hears it: what a person would have read."""

    def __init__(self) -> None:
        sns, sqs = session().client("sns"), session().client("sqs")
        self.topic = Topic(sns, sns.create_topic(Name="notices")["TopicArn"])
        self._sqs, self._queue = sqs, sqs.create_queue(QueueName="inbox")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        sns.subscribe(TopicArn=self.topic.arn, Protocol="sqs", Endpoint=arn["QueueArn"])

    def read(self) -> list[tuple[str, str]]:
        """Return the subjects and texts of all messages since the last time."""
        return [(body["Subject"], body["Message"]) for body in self._bodies()]

    def attributes(self) -> list[dict[str, tuple[str, str]]]:
        """Return the types and values of the attributes of all messages since the last time."""
        each = (body["MessageAttributes"] for body in self._bodies())
        return [{name: (one["Type"], one["Value"]) for name, one in some.items()} for some in each]

    def _bodies(self) -> list[dict[str, Any]]:
        found = []
        while messages := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for one in messages:
                found.append(json.loads(one["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=one["ReceiptHandle"])
        return found
