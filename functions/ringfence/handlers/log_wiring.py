"""Create what publishes the transparency log, from the environment of its function."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.archive import S3Archive
from ringfence.aws.log_files import CheckpointCopies, LogFiles, origin
from ringfence.aws.log_sequence import LogSequence
from ringfence.aws.log_signer import KmsSigner
from ringfence.aws.notice import Topic
from ringfence.aws.sessions import own_client
from ringfence.handlers.account_names import account_names
from ringfence.handlers.checkpoints import Publishing
from ringfence.handlers.threads import Threads

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient


@cache
def publishing() -> Publishing:
    """Return it. It is created once."""
    given, s3 = os.environ, cast("S3Client", own_client("s3"))
    sequence = LogSequence(cast("DynamoDBClient", own_client("dynamodb")), given["RINGFENCE_CONTROL_TABLE"])
    bucket, copies = given["RINGFENCE_ARCHIVE_BUCKET"], given.get("RINGFENCE_CHECKPOINT_BUCKET")
    log = origin(bucket, s3.meta.region_name)
    return Publishing(
        S3Archive(s3, bucket),
        sequence,
        LogFiles(s3, bucket),
        KmsSigner(cast("KMSClient", own_client("kms")), given["RINGFENCE_LOG_KEY"], log),
        CheckpointCopies(s3, copies) if copies else None,
        Topic(cast("SNSClient", own_client("sns")), given["RINGFENCE_TOPIC_ARN"], account_names()),
        lambda: datetime.now(UTC),
        Threads(),
    )
