"""What evaluates activity in a deployment, put together from the environment of its function."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.activity_items import ActivityItems
from ringfence.aws.sessions import own_client
from ringfence.aws.signed_http import signed_http
from ringfence.handlers import wiring
from ringfence.handlers.live_activity import FindingsApi, LiveActivity
from ringfence.handlers.queue import execution_of, hidden, work_off
from ringfence.insights.activity.delivered import NUMBERS, RULES, TABLE, TO_API, chosen
from ringfence.insights.activity.seeing import Seeing
from ringfence.insights.imported import FILE, from_json
from ringfence.model.resource_names import ACTIVITY, PREFIX

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.handlers.findings import Event
    from ringfence.insights.activity.rule import Rule


def work_through(event: Event, context: LambdaContext) -> Event:
    """Handle the messages of the queue. Return those that must be retried."""
    execution = execution_of(context, f"{PREFIX}{ACTIVITY}", wiring.now())
    source = wiring.source(os.environ["RINGFENCE_QUEUE_URL"], hidden(context))
    return work_off(event, execution, _activity().work, source)


def _imported() -> tuple[Rule, ...]:
    """Return the rules that were imported when the stacks were synthesized."""
    path = wiring.CODE / FILE
    return tuple(one.rule for one in from_json(path.read_text("utf-8"))) if path.exists() else ()


@cache
def _activity() -> LiveActivity:
    """Return what evaluates activity in this process."""
    client = cast("DynamoDBClient", own_client("dynamodb"))
    endpoint, region = os.environ.get("AWS_ENDPOINT_URL", ""), os.environ["AWS_REGION"]
    api = FindingsApi(signed_http(os.environ[TO_API], endpoint, region))
    rules = (*chosen(os.environ[RULES], os.environ.get(NUMBERS, "")), *_imported())
    states = ActivityItems(client, os.environ[TABLE])
    return LiveActivity(Seeing(rules), states, api.send, wiring.policy().outside)
