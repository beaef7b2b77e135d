"""Lambda: sound the alarm for changes of the control table that Ringfence cannot have made."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.incidents import IncidentReader
from ringfence.aws.notice import Topic
from ringfence.aws.sessions import own_client
from ringfence.handlers.account_names import account_names
from ringfence.handlers.control import Guard

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

    from ringfence.handlers.stream import Answer, Event


def handler(event: Event, context: object) -> Answer:
    """Work on a batch of the stream."""
    del context
    return _guard().work(event)


@cache
def _guard() -> Guard:
    reader = IncidentReader(
        cast("DynamoDBClient", own_client("dynamodb")), os.environ["RINGFENCE_AUDIT_TABLE"]
    )
    return Guard(
        reader,
        Topic(cast("SNSClient", own_client("sns")), os.environ["RINGFENCE_TOPIC_ARN"], account_names()),
    )
