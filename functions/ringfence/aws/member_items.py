"""The items with the target groups of instances, and with the sizes of the groups, in the control table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import (
    CONTROL_KEY,
    members_key,
    members_values,
    slot_values,
    to_members,
    to_slot,
)
from ringfence.aws.audit_puts import MOST_ITEMS
from ringfence.aws.control_reads import items_of
from ringfence.aws.failures import raised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from ringfence.record.chain import ChainKey, Members, Slot

_TRIES = 5
"""How often keys are asked for that DynamoDB left unprocessed."""


@dataclass(frozen=True)
class MemberItems:
    """Implements `ringfence.handlers.members.Memory`. Raises Retryable if DynamoDB fails.

    Its permissions are those of the audit log. A transaction puts items, so it needs no further action.
    """

    client: DynamoDBClient
    table: str

    def read(self, keys: Iterable[ChainKey]) -> Mapping[ChainKey, Members]:
        """Return what is kept of the subjects of these chains."""
        wanted = {members_key(key): key for key in keys}
        found = items_of(self.client, self.table, wanted, _TRIES)
        return {wanted[str(one[CONTROL_KEY]["S"])]: to_members(one) for one in found}

    def sizes(self, keys: Iterable[str]) -> Mapping[str, Slot]:
        """Return the items with these keys that say how large a group is."""
        items = {str(one[CONTROL_KEY]["S"]): one for one in items_of(self.client, self.table, keys, _TRIES)}
        read = ((key, to_slot(key.rpartition("/")[0], one)) for key, one in items.items())
        return {key: slot for key, slot in read if slot}

    def write(self, members: Mapping[ChainKey, Members], sizes: Mapping[str, Slot]) -> None:
        """Replace items."""
        puts = [
            *(self._put(members_key(key), members_values(one)) for key, one in members.items()),
            *(self._put(key, slot_values(one)) for key, one in sizes.items()),
        ]
        for start in range(0, len(puts), MOST_ITEMS):
            with raised("dynamodb:PutItem"):
                self.client.transact_write_items(TransactItems=puts[start : start + MOST_ITEMS])

    def _put(self, key: str, values: Mapping[str, object]) -> TransactWriteItemTypeDef:
        return {"Put": {"TableName": self.table, "Item": {CONTROL_KEY: {"S": key}, **values}}}  # type: ignore[dict-item]  # attributes of strings
