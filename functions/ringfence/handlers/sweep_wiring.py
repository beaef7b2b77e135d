"""Create what handles sweeps, from the environment and the policy."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.cloud import AwsCloud
from ringfence.aws.notice import TOPIC, Topic
from ringfence.aws.sessions import RoleClients, own_client
from ringfence.aws.sweep_items import RecentChains, SweepItems
from ringfence.handlers import wiring
from ringfence.handlers.account_names import account_names
from ringfence.handlers.part_queue import parts_handled
from ringfence.handlers.parts import SUM, SWEEP
from ringfence.handlers.reviews import AT_ONCE
from ringfence.handlers.sweep_look import Reach
from ringfence.handlers.sweep_plans import answering, plans
from ringfence.handlers.sweeps import Sweeps
from ringfence.handlers.threads import Threads
from ringfence.model.resource_names import SESSION, SWEEP_ROLE
from ringfence.policy.sweeps import DEFAULTS, sweeps_from_json
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

    from ringfence.handlers.parts import Part

INTAKE = "RINGFENCE_INTAKE_QUEUE_URL"
"""The variable with the URL of the queue whose function routes events."""


@cache
def sweeps() -> Sweeps:
    """Return what handles the sweeps of this deployment."""
    settings, policy = wiring.settings(), wiring.policy()
    client = cast("DynamoDBClient", own_client("dynamodb"))
    answers = answering(CATALOGUE.values(), policy)
    given = sweeps_from_json(json.loads((wiring.CODE / wiring.POLICY).read_text("utf-8")))
    intake, own = wiring.queue(os.environ[INTAKE]), wiring.queue(settings.queue_url)
    own.client()  # made once, before several ask for it
    cloud = AwsCloud(RoleClients(SWEEP_ROLE, SESSION, wiring.now), wiring.now, Threads("reads"))
    chains = RecentChains(client, settings.audit_table)
    return Sweeps(
        plans(policy, given, answers, os.environ["AWS_REGION"]),
        answers,
        Reach(cloud, chains, intake.send, wiring.now, time.sleep),
        SweepItems(client, settings.control_table),
        Threads("ringfence-sweep", AT_ONCE),
        own.send,
        Topic(cast("SNSClient", own_client("sns")), os.environ[TOPIC], account_names()).publish,
    )


def _work(part: Part, until: datetime) -> None:
    sweeps().work(part, until)


worked_off = parts_handled(_work, DEFAULTS, (SWEEP, SUM), wiring.now)
"""Handles a message of the queue of sweeps."""
