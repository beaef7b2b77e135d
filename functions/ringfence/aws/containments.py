"""The list of open contained incidents, in the control table.

An item has the key of its chain with a suffix. Only open incidents have the key of the sparse index, so one
query returns them all. The audit log writes an item together with the verification that it shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import CONTAINMENTS, CONTROL_KEY, OPEN
from ringfence.aws.failures import raised
from ringfence.model.call import Permission
from ringfence.model.codec import instant_text
from ringfence.model.errors import BadInput, InternalError
from ringfence.model.incident import INCIDENT_ID
from ringfence.model.kinds import parse_key
from ringfence.record.chain import CHAIN_KEY, ChainKey
from ringfence.record.containments import Containment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
    )

LIST_PERMISSIONS = (Permission("dynamodb:Query", ("{control_table}/index/containments",)),)
"""The permission to read the list. The permission to write it is that of the audit log."""
_SUFFIX = "#containment"
"""The suffix of the item's key. No subject of a containment has an id with `#`."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_NONE = "-"
"""A set in DynamoDB cannot be empty."""


def to_put(table: str, one: Containment) -> TransactWriteItemTypeDef:
    """Return the put of an item, for a transaction."""
    return {"Put": {"TableName": table, "Item": _to_item(one)}}


@dataclass(frozen=True)
class ContainmentList:
    """Reads the list, and records verifications that found nothing. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str

    def open(self) -> tuple[Containment, ...]:
        """Return every open contained incident, of all runbooks.

        Items that Ringfence did not write are left out: they must not hide the others. The function that
        reads the table's stream reports them.
        """
        return tuple(self._query())

    def verified(self, one: Containment, at: datetime) -> None:
        """Record the time of a verification. Do nothing if the incident has ended or changed since.

        An incident that was contained before there was a list gets its item.
        """
        with raised("dynamodb:PutItem"):
            try:
                self.client.put_item(
                    TableName=self.table,
                    Item=_to_item(replace(one, verified_at=at)),
                    ConditionExpression=(
                        "attribute_not_exists(#key) OR "
                        "(#state = :state AND incident = :incident AND verified_at = :before)"
                    ),
                    ExpressionAttributeNames={"#state": OPEN, "#key": CONTROL_KEY},
                    ExpressionAttributeValues={
                        ":state": {"S": OPEN},
                        ":incident": {"S": one.incident},
                        ":before": {"S": instant_text(one.verified_at)},
                    },
                )
            except self.client.exceptions.ConditionalCheckFailedException:
                return

    def _query(self) -> Iterator[Containment]:
        query: QueryInputTypeDef = {
            "TableName": self.table,
            "IndexName": CONTAINMENTS,
            "KeyConditionExpression": "#state = :state",
            "ExpressionAttributeNames": {"#state": OPEN},
            "ExpressionAttributeValues": {":state": {"S": OPEN}},
        }
        while True:
            with raised("dynamodb:Query"):
                page = self.client.query(**query)
            yield from filter(None, map(to_containment, page["Items"]))
            if not page.get("LastEvaluatedKey"):
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def open_owners(
    read: Callable[..., Mapping[str, Mapping[str, Mapping[str, object]]]],
    own: Collection[str],
    owners: Iterable[str],
) -> frozenset[str]:
    """Return the chains whose containments are open.

    Parameters
    ----------
    read
        Reads items of the control table by their keys.
    own
        Chains of the runbook that reads. It may read the items of no other runbook.
    owners
        The owners of places. Whatever is no chain of that runbook is left out.
    """
    runbooks = {one.partition("#")[0] for one in own}
    chains = [one for one in owners if CHAIN_KEY.fullmatch(one) and one.partition("#")[0] in runbooks]
    items = read(*(f"{one}{_SUFFIX}" for one in chains)) if chains else {}
    return frozenset(one for one in chains if OPEN in items[f"{one}{_SUFFIX}"])


def _to_item(one: Containment) -> dict[str, AttributeValueTypeDef]:
    item: dict[str, AttributeValueTypeDef] = {
        CONTROL_KEY: {"S": one.key.text + _SUFFIX},
        "incident": {"S": one.incident},
        "verified_at": {"S": instant_text(one.verified_at)},
        "names": {"SS": sorted(one.names) or [_NONE]},
        "broken": {"BOOL": one.broken},
    }
    return {**item, OPEN: {"S": OPEN}} if one.open else item


def to_containment(item: Mapping[str, Mapping[str, object]], incident: str = "") -> Containment | None:
    """Read an item of the list. None for an item that Ringfence did not write.

    With `incident`, only the key is read.
    """
    try:
        text = str(item[CONTROL_KEY]["S"]).removesuffix(_SUFFIX)
        runbook, _, subject = text.partition("#")
        parse_key(subject)
        if incident:
            return Containment(ChainKey(runbook, subject), incident, open=False, verified_at=_NEVER)
        verified_at = datetime.fromisoformat(str(item["verified_at"]["S"]))
        names = item["names"]["SS"]
        if not INCIDENT_ID.fullmatch(str(item["incident"]["S"])) or not isinstance(names, list):
            return None
        instant_text(verified_at)
        return Containment(
            ChainKey(runbook, subject),
            str(item["incident"]["S"]),
            open=OPEN in item,
            verified_at=verified_at,
            names=frozenset(map(str, names)),
            broken=bool(item["broken"]["BOOL"]),
        )
    except (KeyError, ValueError, BadInput, InternalError):
        return None
