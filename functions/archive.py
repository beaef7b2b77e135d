"""Lambda: copy every new entry of the audit table to the archive; sound the alarm for anything else."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.archive import S3Archive
from ringfence.aws.log_sequence import LogSequence
from ringfence.aws.notice import Topic
from ringfence.aws.record_keys import RECORD_KEYS, KmsSealKeys
from ringfence.aws.sessions import own_client
from ringfence.aws.stream_source import stream_source
from ringfence.handlers.account_names import account_names
from ringfence.handlers.archive import Archiving
from ringfence.handlers.stream import genuine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

    from ringfence.handlers.stream import Answer, Event


def handler(event: Event, context: object) -> Answer:
    """Work on a batch of the stream."""
    del context
    return _archiving().work(genuine(event, stream_source()))


@cache
def _archiving() -> Archiving:
    archive = S3Archive(cast("S3Client", own_client("s3")), os.environ["RINGFENCE_ARCHIVE_BUCKET"])
    dynamodb = cast("DynamoDBClient", own_client("dynamodb"))
    sequence = LogSequence(dynamodb, os.environ["RINGFENCE_CONTROL_TABLE"])
    topic = Topic(cast("SNSClient", own_client("sns")), os.environ["RINGFENCE_TOPIC_ARN"], account_names())
    keys = KmsSealKeys(tuple(os.environ.get(RECORD_KEYS, "").split()))
    return Archiving(archive, sequence, topic, keys)
