"""Lambda: tell people what is worth telling of the audit table's new entries."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.incidents import IncidentReader
from ringfence.aws.notice import Topic
from ringfence.aws.sessions import own_client
from ringfence.aws.stream_source import stream_source
from ringfence.handlers.notify import Notifier
from ringfence.handlers.stream import each, genuine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

    from ringfence.handlers.stream import Answer, Event


def handler(event: Event, context: object) -> Answer:
    """Work on a batch of the stream."""
    del context
    return each(genuine(event, stream_source()), _telling().act)


@cache
def _telling() -> Notifier:
    reader = IncidentReader(
        cast("DynamoDBClient", own_client("dynamodb")), os.environ["RINGFENCE_AUDIT_TABLE"]
    )
    return Notifier(reader, Topic(cast("SNSClient", own_client("sns")), os.environ["RINGFENCE_TOPIC_ARN"]))
