"""The target groups of instances in DynamoDB: written by a look, and read with the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.aws.audit_items import CONTROL_KEY, MOST_GROUPS, members_key, members_values, to_members
from ringfence.aws.member_items import MemberItems
from ringfence.model.errors import InternalError
from ringfence.record.chain import ChainKey, Members, Slot
from tests.support.fakes.audit_home import CONTROL, dynamo_log, tables
from tests.support.fakes.chains import KEY
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

WEB = Members((("admin", 3), ("web", 10)), NOON)


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield tables()


def test_what_a_look_wrote_comes_with_the_chain_in_the_same_read(client: DynamoDBClient) -> None:
    items, calls = MemberItems(client, CONTROL), list[str]()
    items.write({KEY: WEB}, {})
    assert items.read([KEY]) == {KEY: WEB}
    events = client.meta.events
    events.register(
        "provide-client-params.dynamodb", lambda model, **_: calls.append(model.name), unique_id="m"
    )
    assert dynamo_log(client).read(KEY).members == WEB
    events.unregister("provide-client-params.dynamodb", unique_id="m")
    assert sorted(calls) == ["BatchGetItem", "Query"]


def test_nothing_is_known_of_a_subject_that_nobody_looked_at(client: DynamoDBClient) -> None:
    assert dynamo_log(client).read(KEY).members == Members()


def test_the_chains_of_other_runbooks_have_no_such_item() -> None:
    assert members_key(KEY) == f"limit/members/{KEY.subject}"
    assert not members_key(ChainKey("harden-instance", KEY.subject))
    assert not members_key(ChainKey("pause", KEY.subject))


def test_sizes_are_items_of_limits(client: DynamoDBClient) -> None:
    items = MemberItems(client, CONTROL)
    size = Slot("limit/target-group/111122223333/eu-west-1/web/size", "10", NOON)
    items.write({}, {size.key: size})
    assert items.sizes([size.key])[size.key].owner == "10"


def test_many_items_are_written_in_several_transactions(client: DynamoDBClient) -> None:
    keys = [
        ChainKey(KEY.runbook, f"instance/111122223333/eu-west-1/i-{number:017x}") for number in range(150)
    ]
    items = MemberItems(client, CONTROL)
    items.write(dict.fromkeys(keys, WEB), {})
    assert len(items.read(keys)) == 150


@pytest.mark.parametrize(
    "groups",
    [
        "",
        "[]",
        "null",
        "{",
        '{"web": "many"}',
        '{"web/..": 1}',
        '{"a b": 1}',
        "[" * 100_000,
        str({f"g{number}": 1 for number in range(MOST_GROUPS + 1)}).replace("'", '"'),
    ],
)
def test_an_item_in_another_form_says_nothing(groups: str) -> None:
    good = members_values(WEB)
    assert to_members(good) == WEB
    assert to_members({**good, "groups": {"S": groups}}) == Members()


@pytest.mark.parametrize("at", ["", "yesterday", "2026-11-20T12:00:00"])
def test_an_item_without_a_time_says_nothing(at: str) -> None:
    assert to_members({**members_values(WEB), "at": {"S": at}}) == Members()


def test_what_was_not_read_is_not_kept() -> None:
    with pytest.raises(InternalError):
        members_values(Members())


def test_the_item_has_a_key_of_limits_which_every_function_of_a_runbook_may_use(
    client: DynamoDBClient,
) -> None:
    MemberItems(client, CONTROL).write({KEY: WEB}, {})
    (item,) = client.scan(TableName=CONTROL)["Items"]
    assert item[CONTROL_KEY]["S"].startswith("limit/")
