"""Create what handles heartbeats, from the environment and the policy."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.heartbeats import HeartbeatTable
from ringfence.aws.notice import Topic
from ringfence.aws.sessions import own_client
from ringfence.engine.pauses import PauseKeeper, home_of
from ringfence.handlers import wiring
from ringfence.handlers.account_names import account_names
from ringfence.handlers.heartbeats import Heartbeats
from ringfence.handlers.pause_watch import PauseWatch
from ringfence.self_check.places import Deployment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient


@cache
def heartbeats() -> Heartbeats:
    """Return what handles the heartbeats of this deployment."""
    policy, table = wiring.policy(), wiring.settings().control_table
    deployment = Deployment(policy.own.home, os.environ["AWS_REGION"], policy.accounts, policy.regions)
    times = HeartbeatTable(cast("DynamoDBClient", own_client("dynamodb")), table)
    topic = Topic(cast("SNSClient", own_client("sns")), os.environ["RINGFENCE_TOPIC_ARN"], account_names())
    return Heartbeats(deployment, wiring.warm(), times, topic)


@cache
def pause_watch() -> PauseWatch:
    """Return what tells people of pauses."""
    topic = Topic(cast("SNSClient", own_client("sns")), os.environ["RINGFENCE_TOPIC_ARN"], account_names())
    return PauseWatch(PauseKeeper(wiring.warm(), home_of(wiring.policy().own.home)), topic)
