"""The order of the transparency log: leaves wait in the control table until a checkpoint covers them.

One item counts the leaves. Each batch of leaves is an item under the number of its first leaf. Both are
written in one transaction, so two executions never use the same number, and no number is left out.

Leaves are compressed: they repeat their chain, their incident and their names. DynamoDB charges for each KB
that is written, and twice in a transaction.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from ringfence.aws.audit_items import CONTROL_KEY
from ringfence.aws.failures import code_of, raised
from ringfence.model.call import Permission
from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput, Retryable
from ringfence.model.frozen import frozen
from ringfence.record.control import EMPTIED
from ringfence.record.control import LOG_CHAIN as _CHAIN
from ringfence.record.control import LOG_IMPORT as _IMPORT
from ringfence.record.control import LOG_LEAVES as _LEAVES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from ringfence.aws.audit_items import Item, Text

    class _Binary(TypedDict):
        B: bytes

    _Packed = dict[str, Text | _Binary]

_OWN = (("ForAllValues:StringLike", "dynamodb:LeadingKeys", ("log#*",)),)
APPEND_PERMISSIONS = (
    Permission("dynamodb:GetItem", ("{control_table}",), _OWN),
    Permission("dynamodb:PutItem", ("{control_table}",), _OWN),
)
PUBLISH_PERMISSIONS = APPEND_PERMISSIONS
"""The permissions to append leaves, and to publish them. No item is deleted: those of published leaves are
emptied."""

MOST_CHAINS = 90
"""A transaction can contain 100 items."""
DONE = "~"
_HEAD, _PUBLISHED = "log#head", "log#published"
_SIZE, _INCIDENT, _LAST, _MARKER, _COUNT = "size", "incident", "last", "marker", "count"
_TRIES = 6
_LONGEST = 4_000_000
"""The most bytes of leaves that are read from an item. Others could write to the table."""
_RACE = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


@frozen
class Position:
    """How far a chain is in the log: its newest incident, and the last entry without a gap before it."""

    incident: str = ""
    last: int = -1


@dataclass(frozen=True)
class LogSequence:
    """Appends leaves and reads them in order. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str

    def size(self) -> int:
        """Return the number of leaves in order."""
        return _number(self._get(_HEAD), _SIZE, 0)

    def published(self) -> int:
        """Return the number of leaves that a checkpoint covers for certain."""
        return _number(self._get(_PUBLISHED), _SIZE, 0)

    def imported(self) -> str:
        """Return the last object of the archive that was imported, or DONE. Empty at the beginning."""
        return str(self._get(_IMPORT).get(_MARKER, {}).get("S", ""))

    def position(self, chain: str) -> Position:
        """Return how far a chain is in the log."""
        item = self._get(f"{_CHAIN}{chain}")
        return Position(str(item.get(_INCIDENT, {}).get("S", "")), _number(item, _LAST, -1))

    def waiting(self, start: int) -> tuple[str, ...] | None:
        """Return the leaves that were appended at this number. None if none are there."""
        return _leaves(self._get(f"{_LEAVES}{start:015d}"))

    def append(
        self,
        leaves: Sequence[str],
        moved: Mapping[str, tuple[Position, Position]] | None = None,
        imported: tuple[str, str] | None = None,
    ) -> None:
        """Append leaves, and move chains or the import from one position to another, all or nothing.

        Raises Retryable if another execution moved one of them first.
        """
        also = [self._put_position(chain, *one) for chain, one in (moved or {}).items()]
        if imported:
            also.append(self._put_marker(*imported))
        for _ in range(_TRIES):
            size = self.size()
            puts = [*also, self._put_leaves(size, leaves), self._put_size(size, size + len(leaves))]
            failed = self._write(puts if leaves else also)
            if not failed:
                return
            if any(code in _RACE for code in failed[: len(also)]):
                break
        raise Retryable("another execution appended to the log first")

    def set_size(self, before: int, size: int) -> None:
        """Correct the number of leaves, because the log already has more."""
        if self._write([self._put_size(before, size)]):
            raise Retryable("another execution appended to the log first")

    def forget(self, upto: int) -> None:
        """Empty the items of the leaves before `upto`, which a checkpoint covers."""
        start = self.published()
        while start < upto:
            item = self._get(f"{_LEAVES}{start:015d}")
            count = len(_leaves(item) or ()) or _number(item, _COUNT, 0)
            if _leaves(item):
                self._empty(start, count)
            start += count or 1  # without an item, the leaf was removed and its number is filled
            if count:
                self._set_published(start)
        self._set_published(max(start, upto))

    def _empty(self, start: int, count: int) -> None:
        item: Item = {
            CONTROL_KEY: {"S": f"{_LEAVES}{start:015d}"},
            "leaves": {"S": EMPTIED},
            _COUNT: {"N": str(count)},
        }
        with raised("dynamodb:PutItem"):
            self.client.put_item(TableName=self.table, Item=item)

    def _set_published(self, size: int) -> None:
        with raised("dynamodb:PutItem"):
            self.client.put_item(
                TableName=self.table, Item={CONTROL_KEY: {"S": _PUBLISHED}, _SIZE: {"N": str(size)}}
            )

    def _get(self, key: str) -> Mapping[str, AttributeValueTypeDef]:
        with raised("dynamodb:GetItem"):
            found = self.client.get_item(
                TableName=self.table, Key={CONTROL_KEY: {"S": key}}, ConsistentRead=True
            )
        return found.get("Item", {})

    def _write(self, puts: Sequence[TransactWriteItemTypeDef]) -> tuple[str, ...]:
        """Write items. Return the reason for each if a condition failed, or nothing."""
        with raised("dynamodb:TransactWriteItems"):
            try:
                self.client.transact_write_items(TransactItems=puts)
            except ClientError as error:
                reasons = error.response.get("CancellationReasons", ())
                codes = tuple(str(one.get("Code", "None")) for one in reasons)
                if code_of(error) != "TransactionCanceledException" or not any(one in _RACE for one in codes):
                    raise
                return codes
        return ()

    def _put_size(self, before: int, size: int) -> TransactWriteItemTypeDef:
        item: Item = {CONTROL_KEY: {"S": _HEAD}, _SIZE: {"N": str(size)}}
        return self._put(item, {_SIZE: {"N": str(before)}} if before else {})

    def _put_leaves(self, start: int, leaves: Sequence[str]) -> TransactWriteItemTypeDef:
        packed = zlib.compress(canonical(list(leaves)).encode(), zlib.Z_BEST_COMPRESSION)
        item: _Packed = {CONTROL_KEY: {"S": f"{_LEAVES}{start:015d}"}, "leaves": {"B": packed}}
        return self._put(item, {})

    def _put_position(self, chain: str, before: Position, after: Position) -> TransactWriteItemTypeDef:
        item: Item = {CONTROL_KEY: {"S": f"{_CHAIN}{chain}"}, **_position(after)}
        return self._put(item, {} if before == Position() else _position(before))

    def _put_marker(self, before: str, after: str) -> TransactWriteItemTypeDef:
        item: Item = {CONTROL_KEY: {"S": _IMPORT}, _MARKER: {"S": after}}
        return self._put(item, {_MARKER: {"S": before}} if before else {})

    def _put(self, item: Item | _Packed, expected: Item) -> TransactWriteItemTypeDef:
        """Return the put of an item whose attributes still are as expected, or which does not exist."""
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self.table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(#key)",
                "ExpressionAttributeNames": {"#key": CONTROL_KEY},
            }
        }
        if expected:
            put["Put"]["ConditionExpression"] = " AND ".join(f"#{name} = :{name}" for name in expected)
            put["Put"]["ExpressionAttributeNames"] = {f"#{name}": name for name in expected}
            put["Put"]["ExpressionAttributeValues"] = {f":{name}": one for name, one in expected.items()}
        return put


def _position(position: Position) -> Item:
    return {_INCIDENT: {"S": position.incident}, _LAST: {"N": str(position.last)}}


def _leaves(item: Mapping[str, AttributeValueTypeDef]) -> tuple[str, ...] | None:
    try:
        found = json.loads(_text(item["leaves"]))
    except (KeyError, ValueError, RecursionError, zlib.error):
        return None
    texts = tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()
    return texts if texts and len(texts) == len(found) else None


def _text(stored: AttributeValueTypeDef) -> bytes | str:
    """Return the leaves of an item. Text was written before leaves were compressed."""
    if "B" not in stored:
        return stored["S"]
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(bytes(stored["B"]), _LONGEST)
    if not unpacking.eof:
        raise ValueError("leaves are cut off, or too long")
    return text


def _number(item: Mapping[str, AttributeValueTypeDef], name: str, default: int) -> int:
    try:
        return int(item[name]["N"]) if item else default
    except (KeyError, ValueError) as error:
        raise BadInput(
            f"control table, {item[CONTROL_KEY].get('S')}", f"must have a number {name}"
        ) from error
