"""The list of open contained incidents in DynamoDB: written with the verification, read by one query."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.aws.containments import ContainmentList
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Closed, ContainmentBroken, Released, Verified
from ringfence.record.history import History
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.audit_home import CONTROL, dynamo_log, in_turn, tables
from tests.support.fakes.chains import INCIDENT, KEY, NOON, lease, more, opened
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.worlds import REF, Ticking, estate, order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.record.chain import Entry
    from ringfence.record.facts import Fact

DONE = Verified(contained=True, complete=True)


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield tables()


@pytest.fixture
def listed(client: DynamoDBClient) -> ContainmentList:
    return ContainmentList(client, CONTROL)


def write(client: DynamoDBClient, *facts: Fact, key: ChainKey = KEY) -> tuple[Entry, ...]:
    """Write a chain with these facts at its end."""
    log, start = dynamo_log(client), opened()
    log.append(key, History(), start, lease())
    chain: tuple[Entry, ...] = start
    for fact in facts:
        added = more(chain, fact)
        log.append(key, replace(log.read(key)), added, None)
        chain = (*chain, *added)
    return chain


def test_a_contained_incident_is_listed_with_the_time_of_its_verification(
    client: DynamoDBClient, listed: ContainmentList
) -> None:
    chain = write(client, DONE)
    (one,) = listed.open()
    assert (one.key, one.incident, one.verified_at, one.broken) == (KEY, INCIDENT, chain[-1].at, False)


@pytest.mark.parametrize(
    "facts",
    [
        (),
        (Verified(contained=False, complete=False),),
        (DONE, Released()),
        (DONE, Closed("it does not exist")),
        (DONE, Verified(contained=False, complete=False)),
    ],
)
def test_an_incident_that_is_not_contained_or_has_ended_is_not_listed(
    client: DynamoDBClient, listed: ContainmentList, facts: Sequence[Fact]
) -> None:
    write(client, *facts)
    assert listed.open() == ()


def test_an_incident_whose_containment_was_undone_stays_listed_and_says_so(
    client: DynamoDBClient, listed: ContainmentList
) -> None:
    write(client, DONE, ContainmentBroken(("close it",)))
    (one,) = listed.open()
    assert one.broken


def test_a_compliance_incident_is_not_listed(client: DynamoDBClient, listed: ContainmentList) -> None:
    write(client, DONE, key=ChainKey("harden-bucket", "bucket/111122223333/eu-west-1/b"))
    assert listed.open() == ()


def test_a_verification_without_news_changes_only_the_time(
    client: DynamoDBClient, listed: ContainmentList
) -> None:
    write(client, DONE)
    (before,) = listed.open()
    later = NOON + timedelta(days=1)
    listed.verified(replace(before, names=before.names | {"sg-1"}), later)
    (after,) = listed.open()
    assert after == replace(before, verified_at=later, names=before.names | {"sg-1"})


def test_a_verification_of_an_incident_that_ended_meanwhile_changes_nothing(
    client: DynamoDBClient, listed: ContainmentList
) -> None:
    chain = write(client, DONE)
    (before,) = listed.open()
    log = dynamo_log(client)
    log.append(KEY, log.read(KEY), more(chain, Released()), None)
    listed.verified(before, NOON + timedelta(days=1))
    assert listed.open() == ()


def test_an_incident_from_before_there_was_a_list_gets_its_item(
    client: DynamoDBClient, listed: ContainmentList
) -> None:
    write(client, DONE)
    (one,) = listed.open()
    client.delete_item(TableName=CONTROL, Key={"key": {"S": f"{KEY.text}#containment"}})
    assert listed.open() == ()
    listed.verified(one, one.verified_at)
    assert listed.open() == (one,)


def test_the_names_of_a_containment_are_those_of_what_it_changed(
    client: DynamoDBClient, listed: ContainmentList
) -> None:
    clock = Ticking()
    log = dynamo_log(client)
    Engine(Ports(MemoryCloud(estate(), clock), log, clock, in_turn)).respond(order())
    (one,) = listed.open()
    assert one.key == ChainKey(CONTAIN_INSTANCE.id, REF.key)
    wanted = {
        REF.id,
        "eni-0",
        "eni-1",
        "sg-vpc-1-ringfence-quarantine",
        "iip-assoc-1",
        "web",
        "vol-0",
        "tg-a",
    }
    assert wanted <= one.names
    assert not one.names & {"sg-web", "vpc-1", "/dev/sda", "running", "terminate", "InService"}
