"""What scheduled scans keep in the control table: the results of each place, and the history of scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import CONTROL_KEY
from ringfence.aws.control_reads import items_of
from ringfence.aws.failures import raised
from ringfence.model.call import Permission
from ringfence.model.codec import instant_text
from ringfence.model.errors import BadInput
from ringfence.record.scans import HISTORY_KEY, SCAN_KEY, PlaceResults, ScanHistory, scan_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.model.place import Place

    Item = Mapping[str, Mapping[str, object]]

_OWN = (("ForAllValues:StringLike", "dynamodb:LeadingKeys", (f"{SCAN_KEY}*",)),)
READ_PERMISSIONS = (Permission("dynamodb:BatchGetItem", ("{control_table}",), _OWN),)
PERMISSIONS = (*READ_PERMISSIONS, Permission("dynamodb:PutItem", ("{control_table}",), _OWN))
_TEXT = "text"
_TRIES = 5


def text_of(item: Item) -> str:
    """Return the text of an item. Empty if it has none."""
    return str(item.get(_TEXT, {}).get("S", ""))


@dataclass(frozen=True)
class ScanItems:
    """Implements `ringfence.handlers.scans.work.Memory`. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str

    def places(self, places: Iterable[Place]) -> dict[Place, PlaceResults]:
        """Return what is kept of each place. A place without a readable item is left out."""
        keys = {scan_key(one): one for one in places}
        found = {}
        for key, text in self._texts(keys):
            try:
                found[keys[key]] = PlaceResults.of(text)
            except BadInput:
                continue  # the function for the control table raises the alarm
        return found

    def history(self) -> ScanHistory:
        """Return the history. Empty if there is none that can be read."""
        for _, text in self._texts((HISTORY_KEY,)):
            try:
                return ScanHistory.of(text)
            except BadInput:
                break
        return ScanHistory()

    def keep(self, place: Place, results: PlaceResults, at: datetime) -> None:
        """Keep the results of a place."""
        self._put(scan_key(place), results.text, at)

    def keep_history(self, history: ScanHistory, at: datetime) -> None:
        """Keep the history."""
        self._put(HISTORY_KEY, history.text, at)

    def _texts(self, keys: Iterable[str]) -> Iterable[tuple[str, str]]:
        for item in items_of(self.client, self.table, keys, _TRIES):
            yield str(item[CONTROL_KEY]["S"]), text_of(item)

    def _put(self, key: str, text: str, at: datetime) -> None:
        item = {CONTROL_KEY: {"S": key}, "at": {"S": instant_text(at)}, _TEXT: {"S": text}}
        with raised("dynamodb:PutItem"):
            self.client.put_item(TableName=self.table, Item=item)
