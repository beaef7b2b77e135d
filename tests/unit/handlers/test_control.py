"""The control table's stream: what Ringfence writes is silent, and everything else sounds the alarm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from moto import mock_aws

from ringfence.aws.audit_items import (
    CONTROL_KEY,
    MAC,
    PROVIDED,
    lease_values,
    members_key,
    members_values,
    provided_text,
    slot_values,
)
from ringfence.aws.containments import to_put
from ringfence.aws.incidents import IncidentReader
from ringfence.handlers.control import Guard
from ringfence.model.codec import instant_text
from ringfence.record.chain import Lease, Members, Slot
from ringfence.record.containments import containment
from ringfence.record.facts import Released
from ringfence.record.history import History
from ringfence.record.pauses import PAUSES_ITEM
from tests.support import pauses
from tests.support.fakes.audit_home import AUDIT, CONTROL, Inbox, dynamo_log, tables
from tests.support.fakes.chains import INCIDENT, KEY, LATER, contained, lease, more, opened
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.worlds import Ticking, estate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.handlers.stream import Event

Item = dict[str, Any]
AT = datetime(2025, 11, 22, 12, tzinfo=UTC)
LEASE_KEY, LIMIT_KEY = KEY.text, "limit/auto-scaling-group/111122223333/eu-west-1/web/hour/0"
BREAKER_KEY = "breaker/critical/account/111122223333/day/0"
PROVIDED_KEY = f"{KEY.runbook}#provided/111122223333/eu-west-1"


@dataclass
class Room:
    inbox: Inbox
    guard: Guard

    def told(self, kind: str, key: str, old: Item | None = None, new: Item | None = None) -> list[str]:
        images: Item = {
            "Keys": {CONTROL_KEY: {"S": key}},
            "SequenceNumber": "1",
            "ApproximateCreationDateTime": AT.timestamp(),
            **({"OldImage": {CONTROL_KEY: {"S": key}, **old}} if old is not None else {}),
            **({"NewImage": {CONTROL_KEY: {"S": key}, **new}} if new is not None else {}),
        }
        event = cast("Event", {"Records": [{"eventName": kind, "dynamodb": images}]})
        assert self.guard.work(event) == {"batchItemFailures": []}
        return [subject for subject, _ in self.inbox.read()]


@pytest.fixture
def room() -> Iterator[Room]:
    with mock_aws():
        client = tables()
        log = dynamo_log(client)
        log.append(KEY, log.read(KEY), opened(), lease())
        log.append(KEY, log.read(KEY), contained()[len(opened()) :], None)
        inbox = Inbox()
        yield Room(inbox, Guard(IncidentReader(client, AUDIT), inbox.topic))


def taken(until: datetime, owner: str = "6f1c1a2e-3f0e-4c9e-9b51-0f5c2d7a9e11") -> Item:
    return dict(lease_values(Lease(owner, until, INCIDENT)))


def used(at: datetime) -> Item:
    return dict(slot_values(Slot("web", "instance/1", at)))


def members_of(at: datetime) -> Item:
    return dict(members_values(Members((("web", 5),), at)))


def provided(*ids: str, mac: str = "") -> Item:
    return {PROVIDED: {"S": provided_text({"group": frozenset(ids)})}, **({MAC: {"S": mac}} if mac else {})}


LISTED = containment(KEY, History(contained()))
assert LISTED is not None


def listed(**changes: Any) -> Item:  # noqa: ANN401 - fields of the value
    assert LISTED is not None
    return dict(to_put(CONTROL, replace(LISTED, **changes))["Put"]["Item"])


X = {"S": "x"}
FREE = Lease("", None, INCIDENT)
LIST_KEY = listed()[CONTROL_KEY]["S"]
HONEST = {
    "a lease": ("INSERT", LEASE_KEY, None, taken(AT + timedelta(seconds=25))),
    "a lease by a clock that is fast": ("INSERT", LEASE_KEY, None, taken(AT + timedelta(seconds=70))),
    "a lease that is given back": ("MODIFY", LEASE_KEY, taken(AT), dict(lease_values(FREE))),
    "a limit": ("INSERT", LIMIT_KEY, None, used(AT)),
    "the target groups of an instance": ("INSERT", members_key(KEY), None, members_of(AT)),
    "an instance that is in no target group": ("MODIFY", members_key(KEY), members_of(AT), members_of(AT)),
    "a limit that was reached": ("INSERT", BREAKER_KEY, None, used(AT)),
    "the first group": ("INSERT", PROVIDED_KEY, None, provided("sg-1", mac="m")),
    "a list without a proof that stays": ("MODIFY", PROVIDED_KEY, provided("a"), provided("a")),
    "a group with its proof": ("MODIFY", PROVIDED_KEY, provided("a", mac="m"), provided("a", "b", mac="n")),
    "a list that gets a proof": ("MODIFY", PROVIDED_KEY, provided("a"), provided("a", mac="m")),
    "an incident that is contained": ("INSERT", LIST_KEY, None, listed()),
    "an incident that was verified": ("MODIFY", LIST_KEY, listed(), listed(verified_at=AT, broken=True)),
    "the next incident": ("MODIFY", LIST_KEY, listed(incident=LATER), listed(incident=INCIDENT)),
}  # fmt: skip
WRONG = {
    "a lease until 2099": ("INSERT", LEASE_KEY, None, taken(datetime(2099, 1, 1, tzinfo=UTC))),
    "a lease of nobody": ("INSERT", LEASE_KEY, None, taken(AT + timedelta(seconds=9), "x y")),
    "no lease": ("MODIFY", LEASE_KEY, taken(AT), {"note": {"S": "mine"}}),
    "a deleted lease": ("REMOVE", LEASE_KEY, taken(AT), None),
    "the target groups of no instance": ("INSERT", "limit/members/a b", None, members_of(AT)),
    "target groups of next year": ("INSERT", members_key(KEY), None, members_of(AT + timedelta(days=365))),
    "a place without a number": ("INSERT", LIMIT_KEY.removesuffix("/0"), None, used(AT)),
    "a limit in the past": ("INSERT", LIMIT_KEY, None, used(AT - timedelta(hours=1))),
    "a limit in the future": ("INSERT", LIMIT_KEY, None, used(AT + timedelta(minutes=50))),
    "a limit without a time": ("INSERT", LIMIT_KEY, None, {"owner": {"S": "x"}}),
    "a group that is no longer known": ("MODIFY", PROVIDED_KEY, provided("sg-1"), provided("sg-2")),
    "no groups": ("MODIFY", PROVIDED_KEY, provided("sg-1"), {PROVIDED: {"N": "1"}}),
    "a group without a proof": ("MODIFY", PROVIDED_KEY, provided("a", mac="m"), provided("a", "b")),
    "a group under an old proof": (
        "MODIFY", PROVIDED_KEY, provided("a", mac="m"), provided("a", "b", mac="m")
    ),
    "an item of another kind": ("INSERT", "anything", None, {}),
    "a key that is no chain": ("INSERT", "contain-instance#a b", None, taken(AT)),
    "an incident that was removed from the list": ("MODIFY", LIST_KEY, listed(), listed(open=False)),
    "a deleted item of the list": ("REMOVE", LIST_KEY, listed(), None),
    "an incident that does not exist": ("MODIFY", LIST_KEY, listed(), listed(incident=LATER, open=False)),
    "an item of the list without a time": ("MODIFY", LIST_KEY, listed(), {**listed(), "verified_at": X}),
    "an item of the list without names": ("MODIFY", LIST_KEY, listed(), {**listed(), "names": X}),
}  # fmt: skip


@pytest.mark.parametrize("change", HONEST.values(), ids=HONEST)
def test_what_ringfence_writes_is_silent(
    room: Room, change: tuple[str, str, Item | None, Item | None]
) -> None:
    assert room.told(*change) == []


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_everything_else_is_told_as_urgent(
    room: Room, change: tuple[str, str, Item | None, Item | None], capsys: pytest.CaptureFixture[str]
) -> None:
    (subject,) = room.told(*change)
    assert subject.startswith("[URGENT] TAMPERING with the control table")
    assert '"Tamper"' in capsys.readouterr().out


UNPROVED = {
    "the first group": ("INSERT", PROVIDED_KEY, None, provided("sg-mallory")),
    "another group": ("MODIFY", PROVIDED_KEY, provided("a"), provided("a", "sg-mallory")),
}


@pytest.mark.parametrize("change", UNPROVED.values(), ids=UNPROVED)
def test_ids_without_a_proof_of_origin_are_told_with_both_possible_reasons(
    room: Room, change: tuple[str, str, Item | None, Item | None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert room.told(*change) == ["[URGENT] POSSIBLE TAMPERING with the control table: ids without a MAC"]
    printed = capsys.readouterr().out
    assert '"Unsealed"' in printed
    assert '"Tamper"' not in printed


def test_an_incident_leaves_the_list_once_its_chain_says_that_it_ended(room: Room) -> None:
    log = dynamo_log(room.guard.reader.client)
    log.append(KEY, log.read(KEY), more(contained(), Released()), None)
    assert room.told("MODIFY", LIST_KEY, listed(), listed(open=False)) == []


PROOF_KEY = "operate#request/0af"


def test_the_proof_of_a_request_is_used_at_the_time_that_it_says(room: Room) -> None:
    used = {"of": {"S": "ab" * 32}, "at": {"S": instant_text(AT)}}
    earlier = {**used, "at": {"S": instant_text(AT - timedelta(hours=1))}}
    assert room.told("INSERT", PROOF_KEY, new=used) == []
    assert room.told("MODIFY", PROOF_KEY, used, earlier)
    assert room.told("REMOVE", PROOF_KEY, used)


def pause_items(room: Room) -> tuple[Item, Item]:
    """Pause and resume. Return the item after each."""
    client = room.guard.reader.client
    log, clock = dynamo_log(client), Ticking()
    keeper = pauses.keeper(log, clock, MemoryCloud(estate(), clock))
    changed = keeper.pause(pauses.pause(clock()), pauses.context(clock()))
    first = _paused(client)
    keeper.resume(changed.pause.id, "done", pauses.context(clock(), "r-1"))
    return first, _paused(client)


def _paused(client: DynamoDBClient) -> Item:
    return dict(client.get_item(TableName=CONTROL, Key={CONTROL_KEY: {"S": PAUSES_ITEM}})["Item"])


def test_pausing_and_resuming_is_silent(room: Room) -> None:
    first, second = pause_items(room)
    assert room.told("INSERT", PAUSES_ITEM, None, first) == []
    assert room.told("MODIFY", PAUSES_ITEM, first, second) == []


def test_who_lifts_a_pause_behind_the_audit_log_sounds_the_alarm(room: Room) -> None:
    first, second = pause_items(room)
    for old, new in (
        (second, first),
        (first, {**second, "body": {"S": second["body"]["S"].replace("oncall", "others")}}),
        (first, {"body": {"S": "{}"}}),
        (first, {}),
    ):
        (told,) = room.told("MODIFY", PAUSES_ITEM, old, new)
        assert "TAMPERING with the control table" in told
    (told,) = room.told("REMOVE", PAUSES_ITEM, first)
    assert "an item was deleted" in told
