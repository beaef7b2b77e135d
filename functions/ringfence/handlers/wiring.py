"""Create settings from the environment, and ports from settings. Only this module does so."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ringfence.aws.cloud import AwsCloud
from ringfence.aws.dynamo import DynamoAuditLog
from ringfence.aws.record_keys import RECORD_KEYS, KmsSealKeys
from ringfence.aws.sessions import OwnClients, RoleClients, own_client, session
from ringfence.aws.sqs import SqsQueue
from ringfence.engine.ports import Ports
from ringfence.handlers.queue import Source
from ringfence.handlers.threads import Threads
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.resource_names import SESSION
from ringfence.policy.compiled import policy_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from ringfence.aws.containments import ContainmentList
    from ringfence.aws.member_items import MemberItems
    from ringfence.aws.sessions import Clients
    from ringfence.handlers.forgeries import Forgeries
    from ringfence.policy.policy import Policy

CODE, POLICY = Path(__file__).parents[2], "policy.json"
"""The folder of the functions' code, and the compiled policy in it."""


@frozen
class Settings:
    """The settings of a deployed function."""

    audit_table: str
    control_table: str
    runbook: str = ""
    role: str = ""
    queue_url: str = ""
    continuation_queue_url: str = ""
    function: str = "ringfence"
    record_keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings. Raises BadInput for a missing one."""

        def need(name: str) -> str:
            if not environment.get(name):
                raise BadInput(name, "must be set in the environment")
            return environment[name]

        return cls(
            need("RINGFENCE_AUDIT_TABLE"),
            need("RINGFENCE_CONTROL_TABLE"),
            environment.get("RINGFENCE_RUNBOOK", ""),
            environment.get("RINGFENCE_ROLE", ""),
            environment.get("RINGFENCE_QUEUE_URL", ""),
            environment.get("RINGFENCE_CONTINUATION_QUEUE_URL", ""),
            environment.get("AWS_LAMBDA_FUNCTION_NAME", "ringfence"),
            tuple(environment.get(RECORD_KEYS, "").split()),
        )


def now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


def ports(settings: Settings, clients: Clients) -> Ports:
    """Create the ports. Adapters have their own pool, because the engine's pool waits for them."""
    calls = Threads("ringfence-call")
    dynamodb = cast("DynamoDBClient", own_client("dynamodb"))
    keys, remembers = seals(settings.record_keys), bool(settings.runbook)
    log = DynamoAuditLog(
        dynamodb, settings.audit_table, settings.control_table, calls, keys, remembers=remembers
    )
    return Ports(AwsCloud(clients, now, calls), log, now, Threads())


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings.of(os.environ)


@cache
def warm(role: str = "") -> Ports:
    """Return ports, which are kept for the next event. `role` is assumed in the subject's account."""
    given = settings()
    role = role or given.role
    clients = RoleClients(role, SESSION, now) if role else OwnClients()
    return ports(given, clients)


@cache
def policy() -> Policy:
    """Return the compiled policy of this deployment."""
    return policy_from_json(json.loads((CODE / POLICY).read_text("utf-8")))


@cache
def seals(arns: tuple[str, ...]) -> KmsSealKeys:
    """Return the keys of the seals. They are derived with the first read of a chain, and kept."""
    return KmsSealKeys(arns, session, now)


def containments() -> ContainmentList:
    """Return the list of open contained incidents."""
    from ringfence.aws.containments import ContainmentList  # containment does not wait for it

    return ContainmentList(cast("DynamoDBClient", own_client("dynamodb")), settings().control_table)


def member_items() -> MemberItems:
    """Return the items with the target groups of instances."""
    from ringfence.aws.member_items import MemberItems  # containment does not wait for it

    return MemberItems(cast("DynamoDBClient", own_client("dynamodb")), settings().control_table)


@cache
def background() -> Threads:
    """Return the threads for what runs beside the engine."""
    return Threads("ringfence-background", 1)


@cache
def forgeries() -> Forgeries | None:
    """Return what notifies people of forged inputs. None outside of a deployment: there is no topic."""
    from ringfence.aws.notice import TOPIC, Topic  # containment does not wait for it
    from ringfence.handlers.account_names import account_names
    from ringfence.handlers.forgeries import Forgeries

    arn = os.environ.get(TOPIC)
    if not arn:
        return None
    topic = Topic(cast("SNSClient", own_client("sns")), arn, account_names())
    return Forgeries(topic, now, os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "ringfence"))


def source(url: str, hidden: int) -> Source:
    """Return the source of a queue's messages. Its client is created now, as clients are: one by one."""
    own = queue(url)
    own.client()
    return Source(own, hidden, background().begin)


def queue(url: str) -> SqsQueue:
    """Return a queue. Its client is created on first use."""
    return SqsQueue(url, lambda: cast("SQSClient", own_client("sqs")))
