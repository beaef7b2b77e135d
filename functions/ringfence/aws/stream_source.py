"""Read records of the audit table's stream again: in the table, and if it lacks one, in the stream."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from ringfence.aws.audit_items import CHAIN, ENTRY
from ringfence.aws.failures import code_of, raised
from ringfence.aws.sessions import own_client
from ringfence.model.call import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    Image = Mapping[str, Mapping[str, str]]

PERMISSIONS = (
    Permission("dynamodb:BatchGetItem", ("{audit_table}",)),
    *(
        Permission(action, ("{stream}",))
        for action in ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
    ),
)
_MOST = 100
"""Items of one BatchGetItem."""
_NO_SUCH = frozenset({"ResourceNotFoundException", "TrimmedDataAccessException", "ValidationException"})
"""Error codes for a sequence number that the shard does not contain, or that is older than a day.

Lambda delivers no records that the stream does not contain any more.
"""


@dataclass(frozen=True)
class TableStream:
    """A table's stream. Raises Retryable if DynamoDB fails."""

    client: Any
    arn: str

    def contains(self, number: str, keys: Image, image: Image) -> bool:
        """Return whether the stream contains the insertion of an item under this sequence number."""
        if not number.isascii() or not number.isdigit():
            return False
        return any(self._inserted(shard, number, keys, image) for shard in self._shards(int(number)))

    def _shards(self, number: int) -> Iterator[str]:
        """Yield the shards whose range of sequence numbers includes this one."""
        start: dict[str, str] = {}
        while True:
            with raised("dynamodb:DescribeStream"):
                described = self.client.describe_stream(StreamArn=self.arn, **start)
            found = described["StreamDescription"]
            for shard in found.get("Shards", ()):
                numbers = shard.get("SequenceNumberRange", {})
                first, last = (numbers.get(f"{end}SequenceNumber", "") for end in ("Starting", "Ending"))
                if int(first or 0) <= number and (not last or number <= int(last)):
                    yield shard["ShardId"]
            if not found.get("LastEvaluatedShardId"):
                return
            start = {"ExclusiveStartShardId": found["LastEvaluatedShardId"]}

    def _inserted(self, shard: str, number: str, keys: Image, image: Image) -> bool:
        with raised("dynamodb:GetRecords"):
            try:
                iterator = self.client.get_shard_iterator(
                    StreamArn=self.arn,
                    ShardId=shard,
                    ShardIteratorType="AT_SEQUENCE_NUMBER",
                    SequenceNumber=number,
                )["ShardIterator"]
                records = self.client.get_records(ShardIterator=iterator, Limit=1)["Records"]
            except ClientError as error:
                if code_of(error) in _NO_SUCH:
                    return False
                raise
        return any(_is(one, number, keys, image) for one in records)


@dataclass(frozen=True)
class StreamSource:
    """A table and its stream. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str
    stream: TableStream

    def stored(self, keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Image]:
        """Return the items with these keys, of the chain and the entry. Missing items are left out."""
        wanted = sorted(set(keys))
        found: dict[tuple[str, str], Image] = {}
        for start in range(0, len(wanted), _MOST):
            asked = [
                {CHAIN: {"S": chain}, ENTRY: {"S": sort}} for chain, sort in wanted[start : start + _MOST]
            ]
            with raised("dynamodb:BatchGetItem"):
                answer = self.client.batch_get_item(
                    RequestItems={self.table: {"Keys": asked, "ConsistentRead": True}}
                )
            for item in answer.get("Responses", {}).get(self.table, ()):
                image = cast("Image", item)
                found[image[CHAIN]["S"], image[ENTRY]["S"]] = image
        return found

    def contains(self, number: str, keys: Image, image: Image) -> bool:
        """Return whether the stream contains the insertion of an item under this sequence number."""
        return self.stream.contains(number, keys, image)


@cache
def stream_source() -> StreamSource:
    """Return the source that the function's environment names."""
    table, stream = os.environ["RINGFENCE_AUDIT_TABLE"], os.environ["RINGFENCE_STREAM_ARN"]
    client = cast("DynamoDBClient", own_client("dynamodb"))
    return StreamSource(client, table, TableStream(own_client("dynamodbstreams"), stream))


def _is(record: Mapping[str, object], number: str, keys: Image, image: Image) -> bool:
    change = record.get("dynamodb")
    return (
        record.get("eventName") == "INSERT"
        and isinstance(change, dict)
        and change.get("SequenceNumber") == number
        and change.get("Keys") == keys
        and change.get("NewImage") == image
    )
