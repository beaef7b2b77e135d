"""What sweeps remember, on an emulated DynamoDB, and the chains that they read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.aws.audit_items import CONTROL_KEY, to_item
from ringfence.aws.sweep_items import RecentChains, SweepItems, to_looked
from ringfence.model.errors import Retryable
from ringfence.model.incident import incident_id
from ringfence.model.place import Place
from ringfence.record.chain import Stamp, link
from ringfence.record.sweeps import Found, Looked, Progress, Seen, sweep_key
from tests.support.fakes.audit_home import AUDIT, CONTROL, tables
from tests.support.fakes.chains import KEY, notes
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

ITEM = sweep_key("config", Place("111122223333", "eu-west-1"))
FOUND = (Found("f", "t", ("c",)),)
LOOKED = Looked({"results": Progress(NOON)}, {"a": Seen(5.0, NOON)}, "s", FOUND, 2, ("x",))


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield tables()


def test_what_is_written_is_read_again(client: DynamoDBClient) -> None:
    items = SweepItems(client, CONTROL)
    assert items.read(ITEM) == Looked()
    items.write(ITEM, LOOKED, NOON)
    assert items.read(ITEM) == LOOKED


def test_an_item_that_nobody_can_have_written_counts_as_none(client: DynamoDBClient) -> None:
    client.put_item(TableName=CONTROL, Item={CONTROL_KEY: {"S": ITEM}, "text": {"S": "{"}})
    assert SweepItems(client, CONTROL).read(ITEM) == Looked()
    assert to_looked({}) is None


def test_the_items_of_many_places_are_read_a_hundred_at_a_time(client: DynamoDBClient) -> None:
    items = SweepItems(client, CONTROL)
    keys = [sweep_key("config", Place(f"{number:012}", "eu-west-1")) for number in range(250)]
    for key in keys[::2]:
        items.write(key, LOOKED, NOON)
    assert sorted(key for key, _ in items.every(keys)) == sorted(keys[::2])


def test_a_table_that_does_not_answer_is_asked_again_later(client: DynamoDBClient) -> None:
    with pytest.raises(Retryable):
        SweepItems(client, "another").read(ITEM)
    with pytest.raises(Retryable):
        SweepItems(client, "another").write(ITEM, LOOKED, NOON)
    with pytest.raises(Retryable):
        RecentChains(client, "another").since(KEY, NOON)


def opened(client: DynamoDBClient, at: datetime, count: int = 3) -> str:
    """Write the entries of an incident that was opened at a time. Return its id."""
    incident = incident_id(at, "x")
    for entry in link(Stamp(KEY, incident, "test", "a-1", at), None, notes(count)):
        client.put_item(TableName=AUDIT, Item=to_item(KEY, entry))
    return incident


def test_a_chain_is_read_back_to_the_incident_that_was_open_at_the_time(client: DynamoDBClient) -> None:
    days = [NOON + timedelta(days=number) for number in range(4)]
    incidents = [opened(client, at) for at in days]
    chains = RecentChains(client, AUDIT)

    def read(at: datetime) -> list[str]:
        return list(dict.fromkeys(entry.incident for entry in chains.since(KEY, at)))

    assert read(days[3] + timedelta(hours=1)) == incidents[3:]
    assert read(days[1] + timedelta(hours=1)) == incidents[1:]
    assert read(days[0] - timedelta(days=9)) == incidents
    found = chains.since(KEY, days[0])
    assert [(one.incident, one.seq) for one in found] == [(id_, seq) for id_ in incidents for seq in range(3)]


def test_a_chain_that_is_too_long_is_read_to_a_bound(client: DynamoDBClient) -> None:
    opened(client, NOON, 620)
    found = RecentChains(client, AUDIT).since(KEY, NOON)
    assert [one.seq for one in found] == list(range(120, 620))
