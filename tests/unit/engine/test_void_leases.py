"""A lease that no execution can have taken prevents nothing, whatever is in the control table."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from ringfence.aws.audit_items import CONTROL_KEY, as_stored
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.model.runbook import Runbook, Stage
from ringfence.record.chain import ChainKey
from ringfence.record.measures import TAMPER
from ringfence.record.notices import NOTIFYING_FACTS, notice
from ringfence.record.status import IncidentStatus
from ringfence.record.tampering_facts import LeaseVoided
from ringfence.record.timeline import timeline
from ringfence.remediations.isolate_instance import isolate_instance
from tests.support.fakes.audit_home import AUDIT, CONTROL, dynamo_log, in_turn, tables
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.worlds import NOTIFY, REF, Ticking, instance, order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

ISOLATE = Runbook(
    "contain-instance", "Isolate", type(REF), (Stage("isolate", "Isolate", (isolate_instance,)),)
)
KEY = ChainKey(ISOLATE.id, REF.key)
FOREVER = "2099-01-01T00:00:00.000000+00:00"


def text(value: str) -> dict[str, str]:
    return {"S": value}


LEASES: dict[str, dict[str, Any]] = {
    "a lease until 2099": {"owner": text("req-1"), "until": text(FOREVER), "incident": text("")},
    "another way to write 2099": {
        "owner": text("req-1"),
        "until": text("2099-01-01T00:00:00+00:00"),
        "incident": text(""),
    },
    "without a zone": {"owner": text("req-1"), "until": text("2099-01-01T00:00:00"), "incident": text("")},
    "no time": {"owner": text("req-1"), "until": text("never"), "incident": text("")},
    "another type": {"owner": text("req-1"), "until": {"N": "4070908800"}, "incident": text("")},
    "no owner": {"until": text(FOREVER), "incident": text("")},
    "an owner that is a list": {"owner": {"L": [text("x")]}, "until": text(FOREVER), "incident": text("")},
    "nothing at all": {"note": text("mine")},
    "an owner that is no execution": {"owner": text("x y\x1b[2J" * 200), "until": text(FOREVER)},
    "an incident that does not exist": {
        "owner": text("req-1"),
        "until": text(FOREVER),
        "incident": text("inc-20990101T000000.000000-0123456789"),
    },
}
EACH = pytest.mark.parametrize("item", LEASES.values(), ids=LEASES)


@dataclass
class Table:
    """The engine with the log in DynamoDB."""

    client: DynamoDBClient
    clock: Ticking = field(default_factory=Ticking)

    def __post_init__(self) -> None:
        self.cloud = MemoryCloud(instance(), self.clock)
        self.log = dynamo_log(self.client)
        self.engine = Engine(Ports(self.cloud, self.log, self.clock, in_turn))

    def write(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=CONTROL, Item={CONTROL_KEY: text(KEY.text), **item})


@pytest.fixture
def table() -> Iterator[Table]:
    with mock_aws():
        yield Table(tables())


@EACH
def test_it_does_not_delay_containment(table: Table, item: dict[str, Any]) -> None:
    table.write(item)
    assert table.engine.respond(order(runbook=ISOLATE)).status in {
        IncidentStatus.COMPLETE,
        IncidentStatus.CONTAINED,
    }
    assert table.log.read(KEY).lease.owner == ""


@EACH
def test_it_is_recorded_and_told_as_tampering(table: Table, item: dict[str, Any]) -> None:
    table.write(item)
    table.engine.respond(order(runbook=ISOLATE))
    (fact,) = table.log.read(KEY).of(LeaseVoided)
    assert fact.reason
    assert len(fact.owner) <= 128
    assert "LeaseVoided" in NOTIFYING_FACTS
    entries = [as_stored(one) for one in table.client.scan(TableName=AUDIT)["Items"]]
    entries.sort(key=lambda one: one.seq)
    at = next(index for index, one in enumerate(entries) if isinstance(one.fact, LeaseVoided))
    told = notice(entries[: at + 1])
    assert told is not None
    assert told.subject.startswith("[URGENT] TAMPERING")
    assert [one.name for one in told.measures] == [TAMPER]
    assert "\x1b" not in told.text
    assert any("TAMPERING" in row.rendered.words for row in timeline(entries))


def test_it_is_told_once_while_nothing_replaces_it(table: Table) -> None:
    table.write(LEASES["a lease until 2099"])
    for _ in range(3):
        table.engine.respond(order(decision=NOTIFY, runbook=ISOLATE))
    assert len(table.log.read(KEY).of(LeaseVoided)) == 1


def test_a_lease_that_an_execution_can_have_taken_is_waited_for(table: Table) -> None:
    until = table.clock() + timedelta(seconds=25)
    table.write({"owner": text("req-1"), "until": text(written(until)), "incident": text("")})
    assert table.engine.respond(order(runbook=ISOLATE)).status is IncidentStatus.JOINED
    assert table.log.read(KEY).of(LeaseVoided) == ()


def written(at: datetime) -> str:
    from ringfence.model.codec import instant_text

    return instant_text(at.astimezone(UTC))
