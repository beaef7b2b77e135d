"""The state of groups of calls, in a table. A write succeeds only on the state that was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringfence.aws.failures import raised
from ringfence.model.call import Permission
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GROUP: Final = "group"
"""The partition key."""
EXPIRES: Final = "expires"
"""The attribute of the time to live, in seconds since 1970. DynamoDB removes an expired item within days."""
_STATE, _VERSION = "state", "version"
PERMISSIONS = tuple(
    Permission(action, ("{activity_table}",)) for action in ("dynamodb:GetItem", "dynamodb:PutItem")
)


@frozen
class Kept:
    """A stored state. `data` is empty if there is none, or if it has expired. `version` counts its writes."""

    data: bytes = b""
    version: int = 0


@dataclass(frozen=True)
class ActivityItems:
    """Implements `ringfence.handlers.live_activity.States`. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str

    def read(self, group: str, now: float) -> Kept:
        """Return the state of a group."""
        with raised("dynamodb:GetItem"):
            answer = self.client.get_item(
                TableName=self.table, Key={GROUP: {"S": group}}, ConsistentRead=True
            )
        item = answer.get("Item")
        if not item:
            return Kept()
        expired = float(item[EXPIRES]["N"]) <= now
        return Kept(b"" if expired else bytes(item[_STATE]["B"]), int(item[_VERSION]["N"]))

    def write(self, group: str, data: bytes, seen: int, expires: float) -> bool:
        """Write the state of a group. Return False if its version is no longer the one that was read."""
        with raised("dynamodb:PutItem"):
            try:
                self.client.put_item(
                    TableName=self.table,
                    Item={
                        GROUP: {"S": group},
                        _STATE: {"B": data},
                        _VERSION: {"N": str(seen + 1)},
                        EXPIRES: {"N": str(int(expires) + 1)},
                    },
                    # DynamoDB can have removed an expired item meanwhile.
                    ConditionExpression="attribute_not_exists(#group) OR #version = :seen",
                    ExpressionAttributeNames={"#group": GROUP, "#version": _VERSION},
                    ExpressionAttributeValues={":seen": {"N": str(seen)}},
                )
            except self.client.exceptions.ConditionalCheckFailedException:
                return False
        return True
