"""Read incidents and their entries from the audit table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import (
    CHAIN,
    DEPLOYMENT_CHAINS,
    DERIVED,
    ENTRY,
    INCIDENTS,
    MONTH,
    altered_words,
    as_stored,
    month_of,
    sort_key,
)
from ringfence.aws.failures import raised
from ringfence.model.call import Permission
from ringfence.model.kinds.account import AccountRef
from ringfence.model.subject import GLOBAL
from ringfence.record.chain import ChainKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, ScanInputTypeDef

    from ringfence.record.chain import Entry

PERMISSIONS = (Permission("dynamodb:Query", ("{audit_table}", "{audit_table}/index/incidents")),)
"""The permissions of a person who reads the log."""
EVERY_PERMISSIONS = (Permission("dynamodb:Scan", ("{audit_table}",)),)
"""The permissions to find every response, also those that the index lacks."""
ENTRIES_PERMISSIONS = (Permission("dynamodb:Query", ("{audit_table}",)),)
"""The permissions for notices: to read the entries of a response."""


@dataclass(frozen=True)
class Response:
    """The response of one runbook to one incident on one subject."""

    key: ChainKey
    incident: str


@dataclass(frozen=True)
class IncidentReader:
    """Reads the audit table. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str

    def opened(self, since: datetime, until: datetime) -> Iterator[Response]:
        """Yield the responses to incidents that were opened in a period, newest first, on demand."""
        first = f"inc-{since.astimezone(UTC):%Y%m%dT%H%M%S}"
        for month in months_between(since, until):
            yield from self._index(month, "#entry >= :entry", first, newest_first=True)

    def responses(self, incident: str) -> tuple[Response, ...]:
        """Find every response to an incident."""
        return tuple(self._index(month_of(incident), "begins_with(#entry, :entry)", f"{incident}#"))

    def of_deployment(self, incident: str, home: str) -> tuple[Response, ...]:
        """Find the chain of the deployment that has entries under this id. The index lists none of them.

        `home` is the home account. Chains are those of pauses, limits, replays and heartbeats.
        """
        regions = (GLOBAL, self.client.meta.region_name)
        subjects = [AccountRef(home, region, home).key for region in regions]
        keys = (ChainKey(name, subject) for name in sorted(DEPLOYMENT_CHAINS) for subject in subjects)
        found = (Response(key, incident) for key in keys)
        return tuple(islice((one for one in found if self.entries(one)), 1))

    def every(self) -> Iterator[Mapping[str, Mapping[str, object]]]:
        """Yield every item of the table in no order: its keys, and the attributes that follow from them."""
        names = {f"#{one}": one for one in (CHAIN, ENTRY, *DERIVED)}
        asked: ScanInputTypeDef = {
            "TableName": self.table,
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
            "ConsistentRead": True,
        }
        while True:
            with raised("dynamodb:Scan"):
                page = self.client.scan(**asked)
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def entries(self, response: Response, upto: str = "~") -> tuple[Entry, ...]:
        """Read a response's entries in order, up to the sort key `upto`."""
        query: QueryInputTypeDef = {
            "TableName": self.table,
            "KeyConditionExpression": "#chain = :chain AND #entry BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#chain": CHAIN, "#entry": ENTRY},
            "ExpressionAttributeValues": {
                ":chain": {"S": response.key.text},
                ":first": {"S": f"{response.incident}#"},
                ":last": {"S": min(upto, f"{response.incident}#~")},
            },
            "ConsistentRead": True,
        }
        return tuple(as_stored(item) for item in self._query(query))

    def altered(self, response: Response) -> tuple[str, ...]:
        """Return in words what of the first item of a response is not as Ringfence wrote it.

        The index contains only first items, and the attribute of one of them decides whether it is there.
        """
        entry = sort_key(response.incident, 0)
        query: QueryInputTypeDef = {
            "TableName": self.table,
            "KeyConditionExpression": "#chain = :chain AND #entry = :entry",
            "ExpressionAttributeNames": {"#chain": CHAIN, "#entry": ENTRY},
            "ExpressionAttributeValues": {":chain": {"S": response.key.text}, ":entry": {"S": entry}},
            "ConsistentRead": True,
        }
        for item in self._query(query):
            return altered_words(item)
        return (f"the table lacks {response.key.text}, {entry}, the first entry of the response",)

    def since(self, key: ChainKey, since: datetime) -> tuple[Entry, ...]:
        """Read the entries of a chain, of every incident that was opened since a time, in order."""
        query: QueryInputTypeDef = {
            "TableName": self.table,
            "KeyConditionExpression": "#chain = :chain AND #entry >= :first",
            "ExpressionAttributeNames": {"#chain": CHAIN, "#entry": ENTRY},
            "ExpressionAttributeValues": {
                ":chain": {"S": key.text},
                ":first": {"S": f"inc-{since.astimezone(UTC):%Y%m%dT%H%M%S}"},
            },
            "ConsistentRead": True,
        }
        return tuple(as_stored(item) for item in self._query(query))

    def newest(self, key: ChainKey) -> tuple[Entry, ...]:
        """Return the newest entry of a chain, or none."""
        query: QueryInputTypeDef = {
            "TableName": self.table,
            "KeyConditionExpression": "#chain = :chain",
            "ExpressionAttributeNames": {"#chain": CHAIN},
            "ExpressionAttributeValues": {":chain": {"S": key.text}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": 1,
        }
        return tuple(as_stored(item) for item in islice(self._query(query), 1))

    def _index(
        self, month: str, condition: str, entry: str, *, newest_first: bool = False
    ) -> Iterator[Response]:
        query: QueryInputTypeDef = {
            "TableName": self.table,
            "IndexName": INCIDENTS,
            "KeyConditionExpression": f"#month = :month AND {condition}",
            "ExpressionAttributeNames": {"#month": MONTH, "#entry": ENTRY},
            "ExpressionAttributeValues": {":month": {"S": month}, ":entry": {"S": entry}},
            "ScanIndexForward": not newest_first,
        }
        for item in self._query(query):
            runbook, _, subject = str(item[CHAIN]["S"]).partition("#")
            yield Response(ChainKey(runbook, subject), str(item[ENTRY]["S"]).rpartition("#")[0])

    def _query(self, query: QueryInputTypeDef) -> Iterator[Mapping[str, Mapping[str, object]]]:
        while True:
            with raised("dynamodb:Query"):
                page = self.client.query(**query)
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def months_between(since: datetime, until: datetime) -> Iterator[str]:
    """Yield the months of a period, newest first."""
    since, month = since.astimezone(UTC), until.astimezone(UTC)
    while (month.year, month.month) >= (since.year, since.month):
        yield f"{month:%Y-%m}"
        month = month.replace(day=1) - timedelta(days=1)
