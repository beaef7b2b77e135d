"""Lambda: tell people what is worth telling of the audit table's new entries."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.incidents import IncidentReader
from ringfence.aws.notice import Topic
from ringfence.aws.schedules import QUEUE_ARNS, Schedules
from ringfence.aws.sessions import own_client
from ringfence.aws.stream_source import stream_source
from ringfence.handlers.approval_schedules import ApprovalSchedules
from ringfence.handlers.notify import Notifier
from ringfence.handlers.stream import each, genuine
from ringfence.handlers.wiring import now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

    from ringfence.aws.schedules import SchedulerClient
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
    sns = cast("SNSClient", own_client("sns"))
    topic, escalations = (
        Topic(sns, os.environ[f"RINGFENCE_{name}_ARN"]) for name in ("TOPIC", "ESCALATIONS")
    )
    schedules = Schedules(
        cast("SchedulerClient", own_client("scheduler")),
        os.environ["RINGFENCE_SCHEDULE_GROUP"],
        os.environ["RINGFENCE_SCHEDULE_ROLE_ARN"],
    )
    approvals = ApprovalSchedules(schedules, topic, json.loads(os.environ[QUEUE_ARNS]), now)
    return Notifier(reader, topic, escalations, approvals)
