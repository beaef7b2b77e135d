"""A heartbeat comes through every link, and a place that is silent is reported."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from ringfence.aws.archive import S3Archive
from ringfence.aws.audit_items import CHAIN, CONTROL_KEY, MONTH, to_item
from ringfence.aws.heartbeats import HeartbeatTable
from ringfence.aws.incidents import IncidentReader
from ringfence.aws.log_sequence import LogSequence
from ringfence.engine.intake import ExecutionContext
from ringfence.engine.ports import Ports
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.heartbeat import CONTINUED, DETAIL_TYPE, SOURCE, Link
from ringfence.handlers import links
from ringfence.handlers.archive import Archiving
from ringfence.handlers.control import Guard
from ringfence.handlers.heartbeats import EVERY, SILENT_AFTER, Heartbeats, links_of
from ringfence.handlers.notify import Notifier
from ringfence.handlers.stream import each
from ringfence.model.errors import BadInput, Forged
from ringfence.model.incident import incident_id
from ringfence.record.chain import HEARTBEAT, ChainKey, Stamp, link
from ringfence.record.deployment_facts import Heartbeat
from ringfence.record.integrity import verify
from ringfence.self_check.findings import Problem, Report, Standing
from ringfence.self_check.places import Deployment
from tests.support.fakes.audit_home import ARCHIVE, AUDIT, CONTROL, Inbox, bucket, dynamo_log, in_turn, tables
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.worlds import Ticking, instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

HOME, MEMBER = "111122223333", "444455556666"
DEPLOYMENT = Deployment(HOME, "eu-west-1", (HOME, MEMBER), ("eu-west-1", "eu-north-1"))
HERE = Link(HOME, "eu-west-1")
KEY = ChainKey(HEARTBEAT, f"account/{HOME}/eu-west-1/{HOME}")


class Proven:
    """A message that came by its queue, or one that did not."""

    def __init__(self, *, forged: bool = False) -> None:
        self.forged = forged

    def start(self) -> None:
        """Nothing is asked."""

    def check(self) -> None:
        if self.forged:
            raise Forged("it did not come by the queue")


def beat(link: Link = HERE, source: str = SOURCE) -> str:
    event = {"source": source, "detail-type": DETAIL_TYPE, "account": link.account, "region": link.region}
    return json.dumps({**event, "version": "0", "id": "1", "time": "2026-03-01T12:00:00Z", "detail": {}})


@dataclass
class Room:
    client: DynamoDBClient
    clock: Ticking = field(default_factory=Ticking)
    inbox: Inbox = field(default_factory=Inbox)

    def __post_init__(self) -> None:
        self.log = dynamo_log(self.client)
        ports = Ports(MemoryCloud(instance(), self.clock), self.log, self.clock, in_turn)
        table = HeartbeatTable(self.client, CONTROL)
        self.beats = Heartbeats(DEPLOYMENT, ports, table, self.inbox.topic)

    def hear(self, link: Link = HERE, **more: Any) -> None:  # noqa: ANN401 - what `Proven` takes
        context = ExecutionContext("req-1", "ringfence-heartbeat", self.clock() + timedelta(minutes=4))
        assert self.beats.work(beat(link), context, Proven(**more)) == ()

    def hear_all(self, *but: Link) -> None:
        for one in reversed(links_of(DEPLOYMENT)):  # home is the first, so it is the last to be heard
            if one not in but:
                self.hear(one)

    @property
    def recorded(self) -> tuple[Heartbeat, ...]:
        return self.log.read(KEY).of(Heartbeat)


@pytest.fixture
def room() -> Iterator[Room]:
    with mock_aws():
        yield Room(tables())


def metrics(output: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


def test_each_region_and_account_that_forwards_events_must_send_heartbeats() -> None:
    assert links_of(DEPLOYMENT) == (
        HERE,
        Link(HOME, "eu-north-1"),
        Link(HOME, "us-east-1"),
        Link(MEMBER, "eu-west-1"),
        Link(MEMBER, "eu-north-1"),
        Link(MEMBER, "us-east-1"),
    )


def test_the_heartbeat_of_the_home_region_is_recorded_in_a_chain_of_the_day(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.hear_all()
    assert room.recorded == (Heartbeat(6),)
    told = metrics(capsys.readouterr().out)
    assert [(one["SilentPlaces"]) for one in told if "SilentPlaces" in one] == [[0.0]]
    assert [one["link"] for one in told if "Heartbeat" in one] == ["heartbeat"]
    room.clock.tick(minutes=15)
    room.hear_all()
    assert len(room.recorded) == 2
    room.clock.tick(days=1)
    room.hear_all()
    assert len(room.recorded) == 1
    items = room.client.scan(TableName=AUDIT)["Items"]
    assert len(items) == 3
    assert not any(MONTH in one for one in items), "heartbeats are no incidents"
    assert {one[CHAIN]["S"] for one in items} == {KEY.text}


@pytest.mark.parametrize("where", ["today", "tomorrow", "2099"])
@pytest.mark.parametrize("forged", [True, False], ids=["with a wrong MAC", "without a MAC"])
def test_an_entry_that_somebody_wrote_into_the_chain_ends_no_heartbeat(
    room: Room, where: str, *, forged: bool
) -> None:
    """Otherwise the alarm about missing heartbeats would ring, and people would get used to it."""
    midnight = room.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"today": midnight, "tomorrow": midnight + timedelta(days=1), "2099": midnight.replace(year=2099)}
    stamp = Stamp(KEY, incident_id(days[where], HEARTBEAT), "mallory", "m-1", room.clock())
    (theirs,) = link(stamp, None, (Heartbeat(1),))
    room.client.put_item(
        TableName=AUDIT, Item=to_item(KEY, replace(theirs, mac="1:key-1:00" if forged else ""))
    )
    for number in range(4):
        room.hear_all()
        room.clock.tick(minutes=15)
        assert room.log.read(KEY).of(Heartbeat)[-1] == Heartbeat(6), number
    room.clock.tick(days=1)
    room.hear_all()
    assert room.log.read(KEY).of(Heartbeat)[-1] == Heartbeat(6)


def test_a_silent_place_is_counted_recorded_and_told_once(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = Link(MEMBER, "eu-north-1")
    room.hear_all()
    for _ in range(6):
        room.clock.tick(minutes=EVERY.total_seconds() / 60)
        room.hear_all(quiet)
    ((subject, text),) = room.inbox.read()
    assert subject == f"[URGENT] no heartbeat from 1 place: ({MEMBER} eu-north-1)"
    assert f"account {MEMBER}, eu-north-1" in text
    counted = [one["SilentPlaces"][0] for one in metrics(capsys.readouterr().out) if "SilentPlaces" in one]
    assert counted == [0, 0, 0, 1, 1, 1, 1]
    assert [one.silent for one in room.recorded][-1] == (quiet.key,)
    assert SILENT_AFTER > 2 * EVERY


def test_a_place_that_never_sent_one_is_counted(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    room.hear()
    counted = [one["SilentPlaces"][0] for one in metrics(capsys.readouterr().out) if "SilentPlaces" in one]
    assert counted == [5]
    assert room.inbox.read() == []


def test_items_that_somebody_else_wrote_are_no_heartbeats(room: Room) -> None:
    for region, at in (("eu-north-1", {"N": "1"}), ("us-east-1", {"S": "tomorrow"})):
        key = {"S": f"{HEARTBEAT}#{MEMBER}/{region}"}
        room.client.put_item(TableName=CONTROL, Item={CONTROL_KEY: key, "at": at})
    room.hear()
    assert room.recorded[0].silent == tuple(one.key for one in links_of(DEPLOYMENT)[1:])


@pytest.mark.parametrize(
    "body",
    [
        beat(Link("999900001111", "eu-west-1")),
        beat(Link(MEMBER, "ap-south-1")),
        beat(source="mine"),
        beat(Link("x", "eu-west-1")),
        "{}",
        "not JSON",
    ],
)
def test_what_is_no_heartbeat_of_this_deployment_is_bad_input(room: Room, body: str) -> None:
    context = ExecutionContext("req-1", "ringfence-heartbeat", room.clock())
    with pytest.raises(BadInput):
        room.beats.work(body, context, Proven())
    assert room.client.scan(TableName=CONTROL)["Items"] == []


def test_a_message_that_did_not_come_by_the_queue_changes_nothing(room: Room) -> None:
    with pytest.raises(Forged):
        room.hear(forged=True)
    assert room.client.scan(TableName=CONTROL)["Items"] == []


def streamed(table: str, client: DynamoDBClient) -> list[Any]:
    items = client.scan(TableName=table)["Items"]
    keys = (CONTROL_KEY,) if table == CONTROL else (CHAIN, "entry")
    return [
        {
            "eventName": "INSERT",
            "dynamodb": {
                "Keys": {name: item[name] for name in keys},
                "NewImage": item,
                "SequenceNumber": "1",
                "ApproximateCreationDateTime": Ticking()().timestamp(),
            },
        }
        for item in items
    ]


def test_the_functions_that_read_the_streams_write_its_metric(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.hear()
    capsys.readouterr()
    archive = S3Archive(bucket(), ARCHIVE)
    reader = IncidentReader(room.client, AUDIT)
    entries = {"Records": streamed(AUDIT, room.client)}
    sequence = LogSequence(room.client, CONTROL)
    Archiving(archive, sequence, room.inbox.topic).work(entries)  # type: ignore[arg-type]  # made above
    each(entries, Notifier(reader, room.inbox.topic).act)  # type: ignore[arg-type]
    guard = Guard(reader, room.inbox.topic)
    guard.work({"Records": streamed(CONTROL, room.client)})
    assert {one["link"] for one in metrics(capsys.readouterr().out)} == {"archive", "notify", "control"}
    assert room.inbox.read() == []
    history = room.log.read(KEY)
    kept = archive.first_versions(KEY, history.incident, in_turn)
    assert verify(KEY, history.incident, history.entries, kept).sound


def test_a_runbook_passes_it_on_to_its_second_queue(capsys: pytest.CaptureFixture[str]) -> None:
    sent: list[str] = []
    assert isinstance(findings(json.loads(beat())), NotForUs)
    assert links.passed_on(beat(), "contain-instance", HOME, lambda message, _: sent.append(message))
    assert links.continued(sent[0], "contain-instance-continuation", Proven())
    assert links.heard(beat(), "contain-instance-recheck", HOME)
    told = [one["link"] for one in metrics(capsys.readouterr().out)]
    assert told == ["contain-instance", "contain-instance-continuation", "contain-instance-recheck"]
    assert sent == [CONTINUED]


@pytest.mark.parametrize("body", [beat(source="aws.ec2"), "{}"])
def test_another_message_is_none(body: str) -> None:
    sent: list[str] = []
    if body != "{}":
        assert not links.passed_on(body, "x", HOME, lambda message, _: sent.append(message))
        assert not links.heard(body, "x", HOME)
    assert not links.continued(body, "x", Proven())
    assert sent == []


@pytest.mark.parametrize("account", [MEMBER, "999988887777"])
def test_a_heartbeat_of_another_account_neither_continues_nor_hides_that_a_link_is_silent(
    account: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[str] = []
    body = beat(Link(account, "eu-west-1"))
    assert links.passed_on(body, "contain-instance", HOME, lambda message, _: sent.append(message))
    assert links.heard(body, "contain-instance-recheck", HOME)
    assert sent == []
    assert '"link"' not in capsys.readouterr().out


def problem(words: str) -> Problem:
    return Problem(
        Standing.FAULT, HOME, "eu-west-1", "Ringfence-Response", "rule x", "state", words, "deploy"
    )


def test_what_the_self_check_finds_is_told_while_it_is_new(room: Room) -> None:
    sound, faulty = Report((), ()), Report((), (problem("DISABLED, not ENABLED"),))
    for report in (sound, faulty, faulty, sound, faulty):
        room.beats.checked(report)
    told = room.inbox.read()
    assert [subject for subject, _ in told] == ["[URGENT] the self-check found 1 problem"] * 2
    assert "rule x, state" in told[0][1]
    assert "DISABLED, not ENABLED" in told[0][1]
