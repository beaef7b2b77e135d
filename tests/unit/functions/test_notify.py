"""The function that tells people: a few notices of many facts, each with its metrics."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import jsonschema
import pytest
from moto import mock_aws

import notify as function
from ringfence.aws.held_items import SLOTS, Held, HeldItems
from ringfence.aws.incidents import IncidentReader
from ringfence.handlers.held_notices import ABANDONED, HeldNotices
from ringfence.handlers.notify import Notifier
from ringfence.handlers.outlet import Outlet
from ringfence.handlers.stream import each
from ringfence.model.errors import Retryable
from ringfence.model.incident import incident_id
from ringfence.policy.decision import Decision, Mode
from ringfence.record.approval_facts import Answer as Given
from ringfence.record.approval_facts import ApprovalAnswered
from ringfence.record.chain import HEARTBEAT, ChainKey, link
from ringfence.record.deployment_facts import Heartbeat
from ringfence.record.facts import DecisionMade, FindingReceived, Verified
from ringfence.record.history import History
from ringfence.record.notices.floods import MOST_OF_A_KIND
from ringfence.record.notices.schema import json_schema
from tests.support.fakes.audit_home import AUDIT, CONTROL, REGION, Inbox, dynamo_log, tables
from tests.support.fakes.chains import INCIDENT, KEY, NOON, contained, finding, lease, more, stamp
from tests.support.fakes.stream import inserted, record, record_of
from tests.support.notice_kinds import ASKED, decided

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.handlers.stream import Answer, Event, Record
    from ringfence.record.notices import Notice

DONE: Answer = {"batchItemFailures": []}


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = tables()
        dynamo_log(client).append(KEY, History(), contained(), lease())
        yield client


@pytest.fixture
def inbox(client: DynamoDBClient) -> Inbox:
    del client
    return Inbox()


@pytest.fixture
def telling(client: DynamoDBClient, inbox: Inbox) -> Notifier:
    return Notifier(IncidentReader(client, AUDIT), inbox.topic)


def metrics(output: str) -> dict[str, tuple[object, object]]:
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    found = {}
    for line in lines:
        for spec in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            for metric in spec["Metrics"]:
                assert (spec["Namespace"], metric["Name"] in line) == ("Ringfence", True)
                found[metric["Name"]] = (line[metric["Name"]], line.get("runbook"))
    return found


def test_a_response_is_told_in_one_notice_with_its_metrics(
    telling: Notifier, inbox: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert each(inserted(contained()), telling.act) == DONE
    ((subject, text),) = inbox.read()
    assert subject == "[info, high] contained: i-0123456789abcdef0 (111122223333 eu-west-1)"
    assert "- DNS is not filtered" in text
    assert metrics(capsys.readouterr().out) == {
        "Contained": ([1.0], "contain-instance"),
        "TimeToContainment": ([3.0], "contain-instance"),
        "Notices": ([1.0], None),
    }


def test_a_notice_about_an_incident_is_counted_by_its_kind_and_severity(
    telling: Notifier, capsys: pytest.CaptureFixture[str]
) -> None:
    assert each(inserted(contained()), telling.act) == DONE
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"Notices"' in line]
    assert [(one["kind"], one["severity"], one["Notices"]) for one in lines] == [("contained", "high", [1.0])]
    (spec,) = lines[0]["_aws"]["CloudWatchMetrics"]
    assert [sorted(one) for one in spec["Dimensions"]] == [["kind", "service", "severity"]]


class FailsOnce:
    """A topic that fails the first time."""

    def __init__(self) -> None:
        self.tries = 0

    def publish(self, one: Notice) -> None:
        self.tries += 1
        if self.tries == 1:
            raise Retryable(f"throttled: {one.what}")


def test_rejected_plans_are_escalated_although_the_topic_for_it_fails_first(
    telling: Notifier, inbox: Inbox
) -> None:
    telling.escalations = topic = FailsOnce()  # type: ignore[assignment]  # it publishes
    answer = ApprovalAnswered(ASKED.approval, Given.REJECT, "no", batch="0" * 64)
    facts = (FindingReceived(finding()), decided(Mode.APPROVE), ASKED, answer)
    event = inserted(link(stamp(), None, facts))
    assert [each(event, telling.act) == DONE for _ in range(3)] == [False, True, True]
    assert topic.tries == 2
    told = [subject.split(":")[0] for subject, _ in inbox.read() if "rejected" in subject]
    assert told == ["[URGENT, high] plans rejected together"] * 2, "the first one was not escalated"


def test_later_entries_do_not_change_what_is_told_of_earlier_ones(
    client: DynamoDBClient, telling: Notifier, inbox: Inbox
) -> None:
    """The stream lags behind the table."""
    log = dynamo_log(client)
    log.append(KEY, log.read(KEY), more(contained(), Verified(contained=False, complete=False)), None)
    each(inserted(contained()), telling.act)
    assert [subject.split(":")[0] for subject, _ in inbox.read()] == ["[info, high] contained"]


def test_the_machine_readable_form_comes_with_the_text(telling: Notifier, inbox: Inbox) -> None:
    each(inserted(contained()), telling.act)
    (found,) = inbox.attributes()
    form = json.loads(found.pop("notice")[1])
    jsonschema.validate(form, json_schema())
    assert (form["kind"], form["next"][-1]["command"]) == (
        "contained",
        f"ringfence incidents show {INCIDENT}",
    )
    assert found == {
        "kind": ("String", "contained"),
        "urgency": ("String", "information"),
        "severity": ("Number", "8.0"),
        "account": ("String", "111122223333"),
        "region": ("String", "eu-west-1"),
        "runbook": ("String", "contain-instance"),
        "incident": ("String", INCIDENT),
    }


def flood(count: int) -> list[tuple[Record, Record]]:
    """Return what the stream delivers of many incidents, each about another resource, left to a person."""
    found = []
    for number in range(count):
        key = replace(KEY, subject=f"instance/111122223333/eu-west-1/i-{number:017x}")
        made = DecisionMade(Decision(Mode.DRY_RUN, "a rule says so"), NOON, finding().id)
        at = replace(stamp(incident_id(NOON, f"finding {number}")), key=key)
        received, decided = link(at, None, (FindingReceived(finding()), made))
        found.append((record_of(key, received), record_of(key, decided)))
    return found


def test_a_flood_is_summed_up(client: DynamoDBClient, inbox: Inbox) -> None:
    telling = Notifier(IncidentReader(client, AUDIT), inbox.topic)
    for records in flood(MOST_OF_A_KIND + 3):
        assert each({"Records": list(records)}, telling.act) == DONE
    subjects = [subject for subject, _ in inbox.read()]
    assert len(subjects) == MOST_OF_A_KIND + 2
    assert [one.partition("] ")[2].partition(": ")[0] for one in subjects[-2:]] == [
        "1 more notice",
        "2 more notices",
    ]


def test_what_waits_is_told_at_the_latest_with_the_next_entry_after_a_quarter_of_an_hour(
    client: DynamoDBClient, inbox: Inbox
) -> None:
    telling = Notifier(IncidentReader(client, AUDIT), inbox.topic)
    for records in flood(MOST_OF_A_KIND + 2):
        assert each({"Records": list(records)}, telling.act) == DONE
    before = len(inbox.read())
    key = ChainKey(HEARTBEAT, "account/111122223333//111122223333")
    late = replace(stamp(incident_id(NOON, HEARTBEAT)), key=key, at=NOON + timedelta(hours=1))
    (beat,) = link(late, None, (Heartbeat(1),))
    for _ in range(2):
        assert each({"Records": [record_of(key, beat)]}, telling.act) == DONE
    ((subject, _),) = inbox.read()
    assert before == MOST_OF_A_KIND + 1
    assert "1 more notice: dry run" in subject


def beat(at: datetime) -> Event:
    """Return the event of a heartbeat."""
    key = ChainKey(HEARTBEAT, "account/111122223333//111122223333")
    (entry,) = link(replace(stamp(incident_id(NOON, HEARTBEAT)), key=key, at=at), None, (Heartbeat(1),))
    return {"Records": [record_of(key, entry)]}


def environment(client: DynamoDBClient, inbox: Inbox, now: datetime) -> Notifier:
    """Return what a new environment of the function begins with. Its clock stands still."""
    reader = IncidentReader(client, AUDIT)
    return Notifier(reader, inbox.topic, held=HeldNotices(HeldItems(client, CONTROL), reader, lambda: now))


def ended(client: DynamoDBClient, inbox: Inbox) -> list[Held]:
    """Let an environment end in a flood. Return what it held back."""
    telling = environment(client, inbox, NOON)
    for records in flood(MOST_OF_A_KIND + 2):
        for one in records:
            client.put_item(TableName=AUDIT, Item=one["dynamodb"]["NewImage"])
        assert each({"Records": list(records)}, telling.act) == DONE
    inbox.read()
    return [held for slot in HeldItems(client, CONTROL).read() for held in slot.held]


def test_what_an_ended_environment_held_back_is_told_by_another_one(
    client: DynamoDBClient, inbox: Inbox
) -> None:
    (held,) = ended(client, inbox)
    assert "a rule says so" not in str(client.scan(TableName=CONTROL)["Items"]), "it names entries, no texts"
    soon, late = NOON + ABANDONED, NOON + ABANDONED + timedelta(minutes=1)
    assert each(beat(soon), environment(client, inbox, soon).act) == DONE
    assert not inbox.read(), "the environment may still live"
    for _ in range(2):
        assert each(beat(late), environment(client, inbox, late).act) == DONE
    ((subject, text),) = inbox.read()
    assert "1 more notice: dry run" in subject
    assert held.incident in text


def test_what_an_environment_tells_itself_is_not_told_again(client: DynamoDBClient, inbox: Inbox) -> None:
    telling = environment(client, inbox, NOON)
    for records in flood(MOST_OF_A_KIND + 2):
        assert each({"Records": list(records)}, telling.act) == DONE
    inbox.read()
    assert each(beat(NOON + timedelta(minutes=20)), telling.act) == DONE
    assert len(inbox.read()) == 1
    later = NOON + timedelta(hours=5)
    assert each(beat(later), environment(client, inbox, later).act) == DONE
    assert not inbox.read()


def test_an_item_that_somebody_made_up_tells_nothing_that_is_not_recorded(
    client: DynamoDBClient, inbox: Inbox
) -> None:
    items, later = HeldItems(client, CONTROL), NOON + timedelta(hours=5)
    items.put(SLOTS[0], NOON, (Held("contain-instance#instance/1/x/i-1", INCIDENT, "nothing"),))
    client.put_item(TableName=CONTROL, Item={"key": {"S": SLOTS[1]}, "held": {"S": "<!here>"}})
    assert each(beat(later), environment(client, inbox, later).act) == DONE
    assert not inbox.read()


def test_without_the_table_notices_are_sent_all_the_same(client: DynamoDBClient, inbox: Inbox) -> None:
    reader = IncidentReader(client, AUDIT)
    held = HeldNotices(HeldItems(client, "another"), reader, lambda: NOON)
    telling = Notifier(reader, inbox.topic, held=held)
    for records in flood(MOST_OF_A_KIND + 3):
        assert each({"Records": list(records)}, telling.act) == DONE
    assert each(beat(NOON + timedelta(minutes=1)), telling.act) == DONE
    assert len(inbox.read()) == MOST_OF_A_KIND + 2


def test_a_notice_that_was_not_sent_is_counted_once(client: DynamoDBClient, inbox: Inbox) -> None:
    telling, topic = Notifier(IncidentReader(client, AUDIT), inbox.topic), inbox.topic
    for records in flood(MOST_OF_A_KIND):
        telling.topic = type(topic)(topic.client, f"{topic.arn}x")
        assert each({"Records": list(records)}, telling.act) != DONE
        telling.topic = topic
        assert each({"Records": [records[-1]]}, telling.act) == DONE
    subjects = [subject for subject, _ in inbox.read()]
    assert len(subjects) == MOST_OF_A_KIND
    assert not any("more notice" in one for one in subjects)


@pytest.mark.parametrize("kind", ["MODIFY", "REMOVE"])
def test_tampering_is_not_told_twice(telling: Notifier, inbox: Inbox, kind: str) -> None:
    """The function that archives tells of it."""
    assert each({"Records": [record(contained()[-1], kind)]}, telling.act) == DONE
    assert inbox.read() == []


def test_what_cannot_be_read_does_not_hold_up_what_follows(
    client: DynamoDBClient, telling: Notifier, inbox: Inbox
) -> None:
    (broken,) = more(contained(), Verified(contained=True, complete=True))
    body = broken.body.replace('"contained":true', '"contained":[]')
    item = record(broken, changes={"body": {"S": body}})
    client.put_item(TableName=AUDIT, Item=item["dynamodb"]["NewImage"])
    assert each({"Records": [item, record(contained()[-1])]}, telling.act) == DONE
    assert len(inbox.read()) == 1


def test_the_stream_begins_again_where_a_notice_was_not_sent(
    client: DynamoDBClient, inbox: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Notifier(
        IncidentReader(client, AUDIT), type(inbox.topic)(inbox.topic.client, inbox.topic.arn + "x")
    )
    records = inserted(contained())
    answer = each(records, broken.act)
    last = records["Records"][-1]["dynamodb"]["SequenceNumber"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": last}]}
    assert metrics(capsys.readouterr().out) == {}


def test_the_function_is_put_together_from_its_environment(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("RINGFENCE_AUDIT_TABLE", AUDIT)
    monkeypatch.setenv("RINGFENCE_STREAM_ARN", "arn:aws:dynamodb:eu-west-1:123456789012:table/audit/stream/1")
    monkeypatch.setenv("RINGFENCE_TOPIC_ARN", inbox.topic.arn)
    monkeypatch.setenv("RINGFENCE_ESCALATIONS_ARN", f"{inbox.topic.arn}-escalations")
    monkeypatch.setenv("RINGFENCE_CONTROL_TABLE", CONTROL)
    monkeypatch.setenv("RINGFENCE_SCHEDULE_GROUP", "ringfence-approvals")
    monkeypatch.setenv("RINGFENCE_SCHEDULE_ROLE_ARN", "arn:aws:iam::123456789012:role/schedule")
    monkeypatch.setenv("RINGFENCE_CONTINUATION_QUEUE_ARNS", "{}")
    assert function.handler(inserted(contained()), None) == DONE
    assert len(inbox.read()) == 1


def test_a_warm_environment_reads_no_entry_that_the_stream_delivered(
    client: DynamoDBClient, inbox: Inbox
) -> None:
    reads: list[object] = []
    client.meta.events.register("before-call.dynamodb.Query", lambda **call: reads.append(call))
    telling = Notifier(IncidentReader(client, AUDIT), inbox.topic)
    each(inserted(contained()), telling.act)
    broken = more(contained(), Verified(contained=False, complete=False))
    each(inserted(broken), telling.act)
    each(inserted(broken), telling.act)
    assert [subject.split(":")[0] for subject, _ in inbox.read()].count("[info, high] contained") == 1
    assert reads == []


def test_an_environment_that_began_later_reads_the_entries_once(client: DynamoDBClient, inbox: Inbox) -> None:
    reads: list[object] = []
    client.meta.events.register("before-call.dynamodb.Query", lambda **call: reads.append(call))
    telling = Notifier(IncidentReader(client, AUDIT), inbox.topic)
    for entry in contained()[3:]:
        each(inserted((entry,)), telling.act)
    assert len(inbox.read()) == 1
    assert len(reads) == 1


def test_notices_are_sent_first_and_outputs_that_cannot_be_reached_hold_none_back(
    telling: Notifier, inbox: Inbox
) -> None:
    seen: list[int] = []

    def send_all(bodies: list[str]) -> None:
        seen.append(len(bodies))
        raise Retryable("sqs:SendMessage: the queue does not exist")

    telling.outlet = Outlet(send_all, lambda: {"any": frozenset(("Verified",))})
    assert each(inserted(contained()), telling.act) == DONE
    assert (len(inbox.read()), seen) == (1, [])
    telling.tell_outputs()
    telling.tell_outputs()
    assert seen == [1, 1], "it is tried again with the next batch"
