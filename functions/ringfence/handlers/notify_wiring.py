"""The sender of notices of a deployment, put together from its environment."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.held_items import HeldItems
from ringfence.aws.incidents import IncidentReader
from ringfence.aws.notice import Topic
from ringfence.aws.schedules import QUEUE_ARNS, Schedules
from ringfence.aws.sessions import own_client
from ringfence.handlers.account_names import account_names
from ringfence.handlers.approval_schedules import ApprovalSchedules
from ringfence.handlers.held_notices import HeldNotices
from ringfence.handlers.notify import Notifier
from ringfence.handlers.wiring import now, queue
from ringfence.model.output_places import OUTPUTS_ON, OUTPUTS_QUEUE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

    from ringfence.aws.schedules import SchedulerClient
    from ringfence.handlers.outlet import Outlet


@cache
def notifier() -> Notifier:
    """Return the sender of notices of this process."""
    dynamodb = cast("DynamoDBClient", own_client("dynamodb"))
    reader = IncidentReader(dynamodb, os.environ["RINGFENCE_AUDIT_TABLE"])
    held = HeldNotices(HeldItems(dynamodb, os.environ["RINGFENCE_CONTROL_TABLE"]), reader, now)
    sns = cast("SNSClient", own_client("sns"))
    topic, escalations = (
        Topic(sns, os.environ[f"RINGFENCE_{name}_ARN"], account_names()) for name in ("TOPIC", "ESCALATIONS")
    )
    schedules = Schedules(
        cast("SchedulerClient", own_client("scheduler")),
        os.environ["RINGFENCE_SCHEDULE_GROUP"],
        os.environ["RINGFENCE_SCHEDULE_ROLE_ARN"],
    )
    approvals = ApprovalSchedules(schedules, topic, json.loads(os.environ[QUEUE_ARNS]), now)
    return Notifier(reader, topic, escalations, approvals, _outlet(os.environ), held=held)


def _outlet(environment: Mapping[str, str]) -> Outlet | None:
    """Return what tells the outputs. None if none is on."""
    url = environment.get(OUTPUTS_QUEUE)
    if not url:
        return None
    from ringfence.handlers.outlet import Outlet

    return Outlet(queue(url).send_all, lambda: _facts(environment[OUTPUTS_ON].split()))


def _facts(ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
    from ringfence.handlers.outputs import output

    return {id_: output(id_).facts for id_ in ids}
