"""The share of a group in DynamoDB: what is read, and when a place is taken over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.aws.containments import to_put
from ringfence.aws.limit_items import DynamoLimitItems
from ringfence.model.errors import LimitReached
from ringfence.policy.limits import FOREVER, MOST_OPEN
from ringfence.record.chain import Slot
from ringfence.record.containments import Containment
from ringfence.record.history import History
from tests.support.fakes.audit_home import CONTROL, dynamo_log, tables
from tests.support.fakes.chains import INCIDENT, KEY
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.record.chain import ChainKey

NAME = "limit/auto-scaling-group/111122223333/eu-west-1/web/open"
KEYS = tuple(replace(KEY, subject=f"instance/111122223333/eu-west-1/i-{number:017x}") for number in range(4))
LATER = NOON + timedelta(hours=2)


class Place:
    def __init__(self) -> None:
        self.client, self.calls = tables(), list[str]()
        self.log, self.items = dynamo_log(self.client), DynamoLimitItems(self.client, CONTROL)
        self.log.keep_share(Slot(NAME, KEY.text, NOON, MOST_OPEN, FOREVER, 0, 20), 10)

    def use(self, key: ChainKey) -> None:
        """Contain an instance of the group."""
        slot = Slot(NAME, key.text, LATER, MOST_OPEN, FOREVER, 0, 20)
        self.log.append(key, History(), (), None, (slot,))

    def list_(self, key: ChainKey, *, opened: bool) -> None:
        """Let the list say whether a containment is open."""
        one = Containment(key, INCIDENT, opened, NOON)
        self.client.transact_write_items(TransactItems=[to_put(CONTROL, one)])

    def owners(self) -> set[str]:
        keys = (f"{NAME}/{number}" for number in range(MOST_OPEN))
        return {one.owner for one in self.items.read(keys).values()}


@pytest.fixture
def place() -> Iterator[Place]:
    with mock_aws():
        yield Place()


def test_as_many_are_contained_as_the_share_of_the_size_allows(place: Place) -> None:
    for key in KEYS[:2]:
        place.use(key)
    with pytest.raises(LimitReached) as reached:
        place.use(KEYS[2])
    assert (reached.value.most, reached.value.limit) == (2, NAME)
    assert place.owners() == {KEYS[0].text, KEYS[1].text}


@pytest.mark.parametrize("opened", [False, True])
def test_the_place_of_a_containment_is_taken_over_when_it_is_over(place: Place, opened: bool) -> None:  # noqa: FBT001 - a case
    for key in KEYS[:2]:
        place.client.put_item(TableName=CONTROL, Item=_old(key, KEYS.index(key)))
        place.list_(key, opened=True)
    place.list_(KEYS[1], opened=opened)
    assert place.items.open(key.text for key in KEYS) == {key.text for key in KEYS[: 1 + opened]}
    if opened:
        with pytest.raises(LimitReached):
            place.use(KEYS[2])
    else:
        place.use(KEYS[2])
        assert place.owners() == {KEYS[0].text, KEYS[2].text}


def test_the_first_containment_of_a_group_reads_nothing_more(place: Place) -> None:
    place.client.meta.events.register(
        "provide-client-params.dynamodb",
        lambda model, **_: place.calls.append(model.name),
        unique_id="shares",
    )
    place.use(KEYS[0])
    assert place.calls == ["TransactWriteItems"]
    place.use(KEYS[1])
    assert place.calls[1:] == ["TransactWriteItems", "BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    place.client.meta.events.unregister("provide-client-params.dynamodb", unique_id="shares")


def test_the_second_containment_reads_nothing_more_either_if_there_was_room(place: Place) -> None:
    """The function made room after the first one."""
    place.use(KEYS[0])
    place.log.keep_share(Slot(NAME, KEYS[0].text, LATER, MOST_OPEN, FOREVER, 0, 20), 10)
    place.client.meta.events.register(
        "provide-client-params.dynamodb",
        lambda model, **_: place.calls.append(model.name),
        unique_id="shares",
    )
    place.use(KEYS[1])
    assert place.calls == ["TransactWriteItems"]
    assert place.owners() == {KEYS[0].text, KEYS[1].text}
    place.log.keep_share(Slot(NAME, KEYS[1].text, LATER, MOST_OPEN, FOREVER, 0, 20), 10)
    with pytest.raises(LimitReached):
        place.use(KEYS[2])
    place.client.meta.events.unregister("provide-client-params.dynamodb", unique_id="shares")


def test_an_owner_that_is_no_chain_of_the_runbook_is_not_asked_about(place: Place) -> None:
    place.client.put_item(TableName=CONTROL, Item=_old(replace(KEYS[0], runbook="harden-bucket"), 0))
    place.use(KEYS[1])
    assert KEYS[1].text in place.owners()


def _old(key: ChainKey, number: int) -> dict[str, dict[str, str]]:
    """Return a place that was used an hour before."""
    at = (LATER - timedelta(minutes=61)).isoformat(timespec="microseconds")
    return {"key": {"S": f"{NAME}/{number}"}, "owner": {"S": key.text}, "at": {"S": at}}
