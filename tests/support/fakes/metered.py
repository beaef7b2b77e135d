"""Counts what DynamoDB charges for: read and write units of each request that a client makes.

One read unit is a strongly consistent read of 4 KB. One write unit is a write of 1 KB, and a transaction
takes twice as many. An index takes further ones. See
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import math
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ringfence.aws.audit_items import MONTH, OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

READ_SIZE, WRITE_SIZE = 4096, 1024


def size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the size of an item in bytes: its names and its values."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "B":
        return len(content)
    if kind in {"S", "N"}:
        return len(str(content).encode())
    return sum(len(str(one).encode()) for one in content) if kind in {"SS", "NS"} else 1


class Meter:
    """What a client used: `requests` are its calls by name, `reads` and `writes` are units."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.reads = self.writes = 0

    def asked(self, params: Mapping[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        """Count what is about to be written. An index is written with an item that has its key."""
        self.requests[str(model.name)] += 1
        together = [one["Put"]["Item"] for one in params.get("TransactItems", ())]
        alone = [params["Item"]] if "Item" in params else []
        for times, items in ((2, together), (1, alone)):
            self.writes += times * sum(max(1, math.ceil(size(item) / WRITE_SIZE)) for item in items)
        self.writes += sum(MONTH in item or OPEN in item for item in (*together, *alone))

    def answered(self, parsed: Mapping[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - likewise
        """Count what was read. A query is rounded up as a whole, and other reads item by item."""
        name = str(model.name)
        if name == "Query":
            self.reads += max(1, math.ceil(sum(map(size, parsed.get("Items", ()))) / READ_SIZE))
        elif name in {"GetItem", "BatchGetItem"}:
            tables = parsed.get("Responses") or {"": [parsed["Item"]] if "Item" in parsed else []}
            found = [item for items in tables.values() for item in items]
            self.reads += max(1, sum(math.ceil(size(item) / READ_SIZE) for item in found))


@contextmanager
def metered(client: DynamoDBClient) -> Iterator[Meter]:
    """Count what a client uses for a while."""
    meter, events = Meter(), client.meta.events
    events.register("provide-client-params.dynamodb", meter.asked, unique_id="meter-asked")
    events.register("after-call.dynamodb", meter.answered, unique_id="meter-answered")
    try:
        yield meter
    finally:
        events.unregister("provide-client-params.dynamodb", unique_id="meter-asked")
        events.unregister("after-call.dynamodb", unique_id="meter-answered")
