"""Check the form of the item that says what is paused, for `ringfence doctor`.

Only functions have the key of the seals. They check each minute whether the item is the newest entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ringfence.aws.audit_items import CONTROL_KEY
from ringfence.aws.failures import raised
from ringfence.aws.pause_item import to_pauses
from ringfence.model.errors import Retryable
from ringfence.model.subject import Ref
from ringfence.record.pauses import PAUSES_ITEM
from ringfence.record.seal import SealKeys
from ringfence.self_check.findings import Problem, Standing
from ringfence.self_check.places import AUDIT_STACK

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.aws.sessions import Clients
    from ringfence.self_check.places import Deployment

REMEDY = (
    "find out who wrote to the control table, then run `ringfence pause` or `ringfence resume`, which write "
    "the item again"
)


def paused_item(deployment: Deployment, clients: Clients, table: str) -> tuple[Problem, ...]:
    """Return a problem if the item cannot be read, or if no entry of the audit log has its form."""
    home = Ref(deployment.home, deployment.home_region, "ringfence")
    client = cast("DynamoDBClient", clients.client(home, "dynamodb"))
    try:
        with raised("dynamodb:BatchGetItem"):
            answer = client.batch_get_item(
                RequestItems={table: {"Keys": [{CONTROL_KEY: {"S": PAUSES_ITEM}}], "ConsistentRead": True}}
            )
    except Retryable as error:
        return (_problem(deployment, Standing.UNKNOWN, str(error)),)
    items = answer["Responses"].get(table, [])
    found = to_pauses(items[0], SealKeys(), frozenset()).unreadable if items else ""
    return (_problem(deployment, Standing.FAULT, f"{found}; nothing is changed"),) if found else ()


def _problem(deployment: Deployment, standing: Standing, words: str) -> Problem:
    return Problem(
        standing,
        deployment.home,
        deployment.home_region,
        AUDIT_STACK,
        "what is paused",
        "item",
        words,
        REMEDY,
    )
