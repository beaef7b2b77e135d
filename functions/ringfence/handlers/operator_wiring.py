"""The operators' service of a deployment, put together from its environment."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.archive import S3Archive
from ringfence.aws.dead_letters import SqsDeadLetters
from ringfence.aws.identity import Sts, UsedProofs, sts_endpoint
from ringfence.aws.incidents import IncidentReader, Response
from ringfence.aws.limit_items import DynamoLimitItems
from ringfence.aws.sessions import own_client
from ringfence.engine.limit_resets import LimitKeeper
from ringfence.engine.pauses import PauseKeeper, home_of
from ringfence.handlers import wiring
from ringfence.handlers.dead_letters import DeadLetterService
from ringfence.handlers.incident_search import IncidentSearch
from ringfence.handlers.limits import LimitService
from ringfence.handlers.operator_api import OperatorService
from ringfence.handlers.operator_callers import CallerCheck
from ringfence.handlers.operator_types import ARCHIVE, CHAT_ROLE, QUEUES
from ringfence.handlers.pauses import PauseService
from ringfence.handlers.seal_checks import SealService
from ringfence.handlers.waiting import opened_by
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import ACTIVITY, NETWORK, function_role
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from ringfence.aws.record_keys import KmsSealKeys
    from ringfence.record.chain import ChainKey, Entry


@cache
def caller_check() -> CallerCheck:
    """Return the check of callers of this process."""
    region = os.environ["AWS_REGION"]
    sts = Sts(sts_endpoint(region, os.environ.get("AWS_ENDPOINT_URL", "")), region)
    client = cast("DynamoDBClient", own_client("dynamodb"))
    used = UsedProofs(client, wiring.settings().control_table)
    return CallerCheck(sts, used, wiring.now, os.environ.get(CHAT_ROLE, ""))


@cache
def operator_service() -> OperatorService:
    """Return the service of this process."""
    queues = _queues()

    def go_on(runbook: str, message: str, seconds: int) -> None:
        wiring.queue(queues[runbook]).send(message, seconds)

    keys = wiring.seals(wiring.settings().record_keys)
    home = home_of(wiring.policy().own.home)
    dead = SqsDeadLetters(lambda: cast("SQSClient", own_client("sqs")))
    own = wiring.policy().own.at_home
    optional = tuple(name for name in (ACTIVITY, NETWORK) if function_role(name) in own)
    letters = DeadLetterService(CATALOGUE, dead, wiring.warm(), home, optional)
    keeper = PauseKeeper(wiring.warm(), home)
    client = cast("DynamoDBClient", own_client("dynamodb"))
    search = IncidentSearch(_reader(), _archive)
    items = DynamoLimitItems(client, wiring.settings().control_table)
    return OperatorService(
        CATALOGUE,
        wiring.policy(),
        wiring.warm,
        search.keys,
        go_on,
        listed=wiring.containments(),
        opened=opened_by(_reader()),
        altered=search.altered,
        letters=letters,
        pauses=PauseService(keeper, CATALOGUE, wiring.policy()),
        limits_of=LimitService(LimitKeeper(wiring.warm(), items, home), CATALOGUE, wiring.policy()),
        seals=_seals(search, home.account, keys),
    )


def _seals(search: IncidentSearch, home: str, keys: KmsSealKeys) -> SealService:
    def chains(incident: str) -> tuple[ChainKey, ...]:
        return search.chains(incident, home)

    return SealService(chains, _entries, keys.keys, lambda: keys.labels, wiring.now)


def _reader() -> IncidentReader:
    return IncidentReader(cast("DynamoDBClient", own_client("dynamodb")), wiring.settings().audit_table)


def _archive() -> S3Archive:
    """Return the archive. Raises BadInput if the environment does not name it."""
    if not (bucket := os.environ.get(ARCHIVE)):
        raise BadInput(ARCHIVE, "must be set in the environment")
    return S3Archive(cast("S3Client", own_client("s3")), bucket)


def _entries(key: ChainKey, incident: str) -> tuple[Entry, ...]:
    return _reader().entries(Response(key, incident))


def _queues() -> Mapping[str, str]:
    """Read the second queues; raises BadInput before anything is done, where one is missing."""
    try:
        given = Document.of(json.loads(os.environ.get(QUEUES, "")), QUEUES)
    except ValueError as error:
        raise BadInput(QUEUES, "must be JSON: the queue URLs by runbook") from error
    return {runbook: given.text(runbook) for runbook in CATALOGUE}
