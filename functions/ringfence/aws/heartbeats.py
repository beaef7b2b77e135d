"""When a heartbeat of each place was last received, in the control table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import CONTROL_KEY
from ringfence.aws.failures import raised
from ringfence.events.heartbeat import DETAIL_TYPE, SOURCE
from ringfence.model.codec import instant_text
from ringfence.model.errors import Retryable
from ringfence.record.chain import HEARTBEAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from botocore.client import BaseClient
    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.events.heartbeat import Link

_MOST = 100
"""Keys of one read: "BatchGetItem"."""
_TRIES = 5
SELF_CHECK = f"{HEARTBEAT}#self-check"


def send_heartbeat(client: BaseClient) -> None:
    """Put a heartbeat on the default bus of an account and region. Raises Retryable."""
    entry = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": "{}"}
    with raised("events:PutEvents"):
        answer = client.put_events(Entries=[entry])  # type: ignore[attr-defined]  # made at run time
    if answer["FailedEntryCount"]:
        raise Retryable(f"events:PutEvents: {answer['Entries'][0].get('ErrorMessage', 'refused')}")


@dataclass(frozen=True)
class HeartbeatTable:
    """Reads and writes the times. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str

    def received(self, link: Link, at: datetime) -> None:
        """Write when a heartbeat was received."""
        self._put(_key(link), at, "")

    def checked(self, digest: str, at: datetime) -> None:
        """Write what the last self-check found, as a digest."""
        self._put(SELF_CHECK, at, digest)

    def last_check(self) -> str:
        """Return the digest of what the last self-check found. Empty if there was none."""
        return next((_text(one, "digest") for one in self._read([SELF_CHECK])), "")

    def last(self, links: Sequence[Link]) -> Mapping[Link, datetime]:
        """Return when a heartbeat of each place was last received. Places without one are missing."""
        keys = {_key(link): link for link in links}
        found = {keys[_text(one, CONTROL_KEY)]: _at(one) for one in self._read(list(keys))}
        return {link: at for link, at in found.items() if at is not None}

    def _put(self, key: str, at: datetime, digest: str) -> None:
        item = {CONTROL_KEY: {"S": key}, "at": {"S": instant_text(at)}, "digest": {"S": digest}}
        with raised("dynamodb:PutItem"):
            self.client.put_item(TableName=self.table, Item=item)

    def _read(self, keys: Sequence[str]) -> Iterator[Mapping[str, Mapping[str, object]]]:
        for start in range(0, len(keys), _MOST):
            left = list(keys[start : start + _MOST])
            for _ in range(_TRIES):
                asked = {self.table: {"Keys": [{CONTROL_KEY: {"S": key}} for key in left]}}
                with raised("dynamodb:BatchGetItem"):
                    page = self.client.batch_get_item(RequestItems=asked)  # type: ignore[arg-type]  # a literal
                yield from page["Responses"].get(self.table, ())
                again = page.get("UnprocessedKeys", {}).get(self.table, {"Keys": ()})["Keys"]
                left = [str(key[CONTROL_KEY]["S"]) for key in again]
                if not left:
                    break
            else:
                raise Retryable(f"DynamoDB did not read {left[0]}")


def _key(link: Link) -> str:
    return f"{HEARTBEAT}#{link.key}"


def _text(item: Mapping[str, Mapping[str, object]], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _at(item: Mapping[str, Mapping[str, object]]) -> datetime | None:
    try:
        found = datetime.fromisoformat(_text(item, "at"))
    except ValueError:
        return None
    return found if found.tzinfo else None
