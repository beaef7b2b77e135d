"""The items of limits in DynamoDB, as a reset sees and frees them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.aws.containments import ContainmentList
from ringfence.aws.limit_items import DynamoLimitItems
from ringfence.model.errors import LimitReached
from ringfence.record.chain import Slot
from ringfence.record.history import History
from tests.support.fakes.audit_home import CONTROL, dynamo_log, tables
from tests.support.fakes.chains import KEY
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.aws.dynamo import DynamoAuditLog

ONE = Slot("limit/overall/hour", "instance/a", NOON, 2)
OPENED = Slot("breaker/overall/hour", "inc-20260301T120000.000000-0123456789", NOON)


class Place:
    def __init__(self) -> None:
        client = tables()
        self.log: DynamoAuditLog = dynamo_log(client)
        self.items = DynamoLimitItems(client, CONTROL)
        self.listed = ContainmentList(client, CONTROL)

    def use(self, *slots: Slot) -> None:
        """Use limits as a response does."""
        self.log.append(replace(KEY, subject=f"instance/{slots[0].owner}"), History(), (), None, slots)


@pytest.fixture
def place() -> Iterator[Place]:
    with mock_aws():
        yield Place()


def test_items_are_read_also_beyond_one_call(place: Place) -> None:
    place.use(ONE, OPENED)
    keys = [f"limit/overall/hour/{number}" for number in range(250)]
    found = place.items.read([*keys, OPENED.key])
    assert {(key, one.owner, one.at) for key, one in found.items()} == {
        (ONE.key, ONE.owner, NOON),
        (OPENED.key, OPENED.owner, NOON),
    }


def test_limits_that_were_reached_are_listed_and_hide_no_containment(place: Place) -> None:
    place.use(ONE, OPENED)
    (found,) = place.items.breakers()
    assert (found.name, found.owner, found.at) == (OPENED.name, OPENED.owner, NOON)
    assert place.listed.open() == ()


def test_a_freed_place_is_free_for_everybody_and_a_freed_breaker_is_not_listed(place: Place) -> None:
    full = replace(ONE, most=1)
    place.use(full, OPENED)
    other = replace(full, owner="instance/b", at=NOON + timedelta(minutes=5))
    with pytest.raises(LimitReached):
        place.use(other)
    for key, seen in place.items.read([full.key, OPENED.key]).items():
        place.items.free(key, seen, NOON + timedelta(minutes=4))
    place.use(other)
    assert place.items.read([full.key])[full.key].owner == "instance/b"
    assert place.items.breakers() == ()
    place.use(replace(OPENED, at=NOON + timedelta(minutes=6)))
    assert len(place.items.breakers()) == 1


def test_a_place_that_somebody_else_has_taken_since_is_not_freed(place: Place) -> None:
    place.use(ONE)
    (key, seen), *_ = place.items.read([ONE.key]).items()
    later = NOON + timedelta(hours=2)
    place.use(replace(ONE, owner="instance/b", at=later, index=ONE.place))
    place.items.free(key, seen, later)
    assert place.items.read([key])[key].owner == "instance/b"
