"""The states of groups of calls on an emulated DynamoDB: a write succeeds only on what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from ringfence.aws.activity_items import EXPIRES, GROUP, ActivityItems, Kept
from ringfence.model.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = "counted"


@pytest.fixture
def items() -> Iterator[ActivityItems]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": GROUP, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": GROUP, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield ActivityItems(client, TABLE)


def test_what_is_written_is_read_until_it_expires(items: ActivityItems) -> None:
    assert items.read("r/1", 0) == Kept()
    assert items.write("r/1", b"one", 0, 100)
    assert items.read("r/1", 99) == Kept(b"one", 1)
    assert items.read("r/1", 102) == Kept(b"", 1), (
        "an expired item is of no use, whether it was removed or not"
    )
    assert items.write("r/1", b"two", 1, 300)
    assert items.read("r/1", 102) == Kept(b"two", 2)


def test_of_two_functions_that_read_the_same_state_one_writes(items: ActivityItems) -> None:
    assert items.write("r/1", b"one", 0, 100)
    assert not items.write("r/1", b"other", 0, 100)
    assert items.write("r/1", b"two", 1, 100)
    assert not items.write("r/1", b"three", 1, 100)
    assert items.read("r/1", 0) == Kept(b"two", 2)


def test_an_item_that_dynamodb_has_removed_meanwhile_is_written_again(items: ActivityItems) -> None:
    assert items.write("r/1", b"one", 0, 100)
    items.client.delete_item(TableName=TABLE, Key={GROUP: {"S": "r/1"}})
    assert items.write("r/1", b"two", 1, 300)


def test_the_time_to_live_is_a_whole_number_of_seconds(items: ActivityItems) -> None:
    items.write("r/1", b"one", 0, 100.5)
    item = items.client.get_item(TableName=TABLE, Key={GROUP: {"S": "r/1"}})["Item"]
    assert item[EXPIRES] == {"N": "101"}


def test_an_answer_that_failed_is_retried_later(items: ActivityItems) -> None:
    missing = ActivityItems(items.client, "missing")
    with pytest.raises(Retryable):
        missing.read("r/1", 0)
    with pytest.raises(Retryable):
        missing.write("r/1", b"", 0, 0)
