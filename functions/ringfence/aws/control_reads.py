"""Read items of the control table by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.aws.audit_items import CONTROL_KEY
from ringfence.aws.failures import raised
from ringfence.model.errors import Retryable
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, KeysAndAttributesTypeDef

    Items = Iterator[Mapping[str, AttributeValueTypeDef]]

_BATCH = 100


def items_of(client: DynamoDBClient, table: str, keys: Iterable[str], tries: int) -> Items:
    """Yield the items with these keys that exist, 100 a request. Raises Retryable if some are left out.

    `tries` is how often each request is sent at most.
    """
    wanted = tuple(dict.fromkeys(keys))
    for start in range(0, len(wanted), _BATCH):
        yield from _batch(client, table, wanted[start : start + _BATCH], tries)


def _batch(client: DynamoDBClient, table: str, keys: tuple[str, ...], tries: int) -> Items:
    left = keys
    for _ in range(tries):
        wanted: KeysAndAttributesTypeDef = {
            "Keys": [{CONTROL_KEY: {"S": key}} for key in left],
            "ConsistentRead": True,
        }
        with raised("dynamodb:BatchGetItem"):
            page = client.batch_get_item(RequestItems={table: wanted})
        yield from page["Responses"].get(table, ())
        again = page.get("UnprocessedKeys", {}).get(table, {"Keys": ()})["Keys"]
        left = tuple(str(key[CONTROL_KEY]["S"]) for key in again)
        if not left:
            return
    raise Retryable(f"DynamoDB did not read {counted(len(left), 'item')} in {counted(tries, 'try')}")
