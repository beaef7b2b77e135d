"""The item that says what is paused: a copy of an entry. Nothing else permits a change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from ringfence.aws.pause_item import to_pauses
from ringfence.engine.pauses import PauseKeeper, key_of
from ringfence.handlers.pause_check import paused_item
from ringfence.model.errors import BadInput, Retryable
from ringfence.record.chain import Stamp, link
from ringfence.record.deployment_facts import PausesChanged
from ringfence.record.notices import notice
from ringfence.record.pauses import PAUSES_ITEM
from ringfence.self_check.findings import Standing
from ringfence.self_check.places import Deployment
from tests.support import pauses
from tests.support.fakes.audit_home import CONTROL, dynamo_log, tables
from tests.support.fakes.chains import KEY
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.seals import FixedSeals
from tests.support.worlds import NOON, Ticking, estate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.aws.dynamo import DynamoAuditLog

Item = dict[str, Any]


class Place:
    def __init__(self, client: DynamoDBClient) -> None:
        self.client, self.clock = client, Ticking()
        self.log = dynamo_log(client)
        self.keeper = self.keeps(self.log)

    def keeps(self, log: DynamoAuditLog) -> PauseKeeper:
        return pauses.keeper(log, self.clock, MemoryCloud(estate(), self.clock))

    def pause(self, runbook: str = "", account: str = "") -> None:
        self.clock.tick(seconds=1)
        wanted = pauses.pause(self.clock(), id_=f"pause-{self.clock():%H%M%S}")
        wanted = replace(wanted, runbook=runbook, account=account)
        self.keeper.pause(wanted, pauses.context(self.clock(), f"a-{self.clock():%H%M%S}"))

    def item(self) -> Item:
        found = self.client.get_item(TableName=CONTROL, Key={"key": {"S": PAUSES_ITEM}})
        return dict(found["Item"])

    def put(self, item: Item) -> None:
        self.client.put_item(TableName=CONTROL, Item=item)


@pytest.fixture
def place() -> Iterator[Place]:
    with mock_aws():
        yield Place(tables())


def test_before_the_first_pause_nothing_is_paused(place: Place) -> None:
    assert place.log.pauses() == place.log.read(KEY).pauses
    assert not place.log.pauses().active
    assert not place.log.pauses().unreadable


def test_a_pause_is_read_with_each_chain_and_by_itself(place: Place) -> None:
    place.pause(runbook="harden-bucket")
    for log in (place.log, dynamo_log(place.client)):
        (one,) = log.read(KEY).pauses.active
        assert (one.runbook, one.who) == ("harden-bucket", pauses.ANN)
        assert log.pauses() == log.read(KEY).pauses


def test_pauses_add_up_and_end_one_by_one(place: Place) -> None:
    place.pause(runbook="harden-bucket")
    place.pause(account="111122223333")
    first, second = place.log.pauses().active
    place.keeper.resume(first.id, "done", pauses.context(place.clock(), "r-1"))
    assert place.log.pauses().active == (second,)
    place.keeper.resume(second.id, "done", pauses.context(place.clock(), "r-2"))
    assert place.log.pauses().active == ()
    assert not place.log.pauses().unreadable
    with pytest.raises(BadInput, match="pause: must be the id"):
        place.keeper.resume(second.id, "done", pauses.context(place.clock(), "r-3"))


def test_the_item_is_the_newest_entry_of_a_sealed_chain(place: Place) -> None:
    place.pause()
    place.pause(runbook="harden-bucket")
    history = place.log.read(key_of(pauses.HOME))
    assert history.head
    assert history.proof.unproved == ()
    assert place.item()["mac"]["S"] == history.head.mac
    assert place.log.pauses().place == (history.incident, history.head.seq)


@pytest.mark.parametrize("field", ["incident", "seq", "body", "hash", "mac"])
def test_an_item_without_a_part_permits_nothing(place: Place, field: str) -> None:
    place.pause()
    item = place.item()
    del item[field]
    place.put(item)
    assert dynamo_log(place.client).pauses().unreadable


def test_an_item_that_somebody_else_wrote_permits_nothing(place: Place) -> None:
    place.pause()
    item = place.item()
    body = item["body"]["S"].replace("a deployment", "a disaster")
    place.put({**item, "body": {"S": body}})
    assert "hash" in dynamo_log(place.client).pauses().unreadable
    place.put({**item, "mac": {"S": "1:key-1:" + "0" * 64}})
    assert "MAC" in dynamo_log(place.client).pauses().unreadable
    place.put({**item, "mac": {"S": "1:their-key:" + "0" * 64}})
    assert "MAC" in dynamo_log(place.client).pauses().unreadable


def test_an_entry_of_another_chain_permits_nothing(place: Place) -> None:
    from tests.support.fakes.chains import lease, opened

    place.log.append(KEY, place.log.read(KEY), opened(), lease())
    (entry, *_) = place.log.read(KEY).entries
    item = {"incident": entry.incident, "body": entry.body, "hash": entry.hash, "mac": entry.mac}
    stored: Item = {name: {"S": text} for name, text in item.items()}
    place.put({"key": {"S": PAUSES_ITEM}, "seq": {"N": "0"}, **stored})
    assert dynamo_log(place.client).pauses().unreadable


def test_a_process_that_saw_a_pause_does_not_believe_an_earlier_item_or_none(place: Place) -> None:
    place.pause()
    (one,) = place.log.pauses().active
    place.keeper.resume(one.id, "done", pauses.context(place.clock(), "r-1"))
    lifted = place.item()
    place.pause()
    assert place.log.pauses().active
    place.put(lifted)
    assert "set back" in place.log.pauses().unreadable
    assert "set back" in place.log.read(KEY).pauses.unreadable
    place.client.delete_item(TableName=CONTROL, Key={"key": {"S": PAUSES_ITEM}})
    assert "deleted" in place.log.pauses().unreadable


def unsealed(client: DynamoDBClient) -> DynamoAuditLog:
    seals = FixedSeals()
    seals.down = True
    return dynamo_log(client, seals=seals)


def test_without_the_key_one_can_pause_and_not_resume(place: Place) -> None:
    without = place.keeps(unsealed(place.client))
    changed = without.pause(pauses.pause(place.clock()), pauses.context(place.clock()))
    assert "no MAC" in place.log.pauses().unreadable
    with pytest.raises(Retryable, match="sealed"):
        without.resume(changed.pause.id, "done", pauses.context(place.clock(), "r-1"))
    place.keeper.resume(changed.pause.id, "done", pauses.context(place.clock(), "r-2"))
    assert place.log.pauses().active == ()
    assert not place.log.pauses().unreadable


def test_without_the_key_a_sealed_item_counts_as_it_is_written(place: Place) -> None:
    """An outage of KMS must not stop containment, and it must not lift a pause either."""
    place.pause()
    log = unsealed(place.client)
    assert log.pauses().active
    assert not log.pauses().unreadable


WRONG = (
    PausesChanged("began", 5, (5,)),  # type: ignore[arg-type]  # as somebody writes it
    PausesChanged("began", replace(pauses.pause(NOON), until="tomorrow")),  # type: ignore[arg-type]  # likewise
    PausesChanged("began", pauses.pause(NOON), 5),  # type: ignore[arg-type]  # likewise
    PausesChanged("began", replace(pauses.pause(NOON), reason=("x",))),  # type: ignore[arg-type]  # likewise
)


@pytest.mark.parametrize("fact", WRONG, ids=["no pause", "no time", "no list", "no text"])
def test_an_entry_with_values_of_wrong_types_keeps_nobody_from_pausing_and_resuming(
    place: Place, fact: PausesChanged
) -> None:
    """Somebody writes it without a MAC, which alone is no reason to reject a chain."""
    place.pause()
    key, theirs = key_of(pauses.HOME), unsealed(place.client)
    history = theirs.read(key)
    stamp = Stamp(key, history.incident, "mallory", "m-1", place.clock())
    theirs.append(key, history, link(stamp, history.head, (fact,)), None)
    assert "wrong type" in place.log.pauses().unreadable
    assert place.log.pauses().active == ()
    place.pause("harden-bucket")
    active = place.log.pauses().active
    assert [one.runbook for one in active] == ["", "harden-bucket"]
    for number, one in enumerate(active):
        place.keeper.resume(one.id, "done", pauses.context(place.clock(), f"r-{number}"))
    assert place.log.pauses().active == ()
    place.keeper.tell(pauses.context(place.clock(), "t-1"))
    with suppress(BadInput):  # the function that sends notices logs it, and goes on
        assert notice(theirs.read(key).entries[:2]) is None


attributes = st.dictionaries(
    st.sampled_from(("incident", "seq", "body", "hash", "mac", "other")),
    st.dictionaries(
        st.sampled_from(("S", "N", "SS", "BOOL")), st.text() | st.booleans() | st.none(), max_size=2
    ),
    min_size=1,
)


@given(item=attributes, known=st.booleans())
def test_whatever_is_found_there_is_read_or_stops_everything(item: Item, known: bool) -> None:  # noqa: FBT001 - drawn
    seals = FixedSeals()
    found = to_pauses(item, seals.keys(), seals.labels if known else frozenset({"other"}))
    assert found.unreadable


class Rights:
    """Clients of one place."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.given = client

    def client(self, ref: object, service: str) -> DynamoDBClient:
        del ref, service
        return self.given


def test_the_doctor_finds_an_item_without_the_form_of_an_entry(place: Place) -> None:
    deployment, rights = Deployment("111122223333", "eu-west-1", ("111122223333",)), Rights(place.client)
    assert paused_item(deployment, rights, CONTROL) == ()  # type: ignore[arg-type]  # all that is used of clients
    place.pause()
    assert paused_item(deployment, rights, CONTROL) == ()  # type: ignore[arg-type]  # likewise
    place.put({**place.item(), "body": {"S": "{}"}})
    (found,) = paused_item(deployment, rights, CONTROL)  # type: ignore[arg-type]  # likewise
    assert found.standing is Standing.FAULT
    assert "nothing is changed" in found.words
    assert paused_item(deployment, rights, "no-table")[0].standing is Standing.UNKNOWN  # type: ignore[arg-type]  # likewise
