"""Reading the audit table: what was opened, what was recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.aws.audit_items import CHAIN, DEPLOYMENT_CHAINS, ENTRY
from ringfence.aws.incidents import PERMISSIONS, IncidentReader, Response
from ringfence.model.errors import Retryable
from ringfence.model.incident import incident_id
from ringfence.model.kinds.account import AccountRef
from ringfence.model.subject import GLOBAL
from ringfence.record.chain import ChainKey
from ringfence.record.history import History
from ringfence.record.integrity import Wrong, verify
from tests.support.fakes.audit_home import AUDIT, REGION, dynamo_log, tables
from tests.support.fakes.chains import INCIDENT, KEY, LATER, NOON, REF, contained, lease, more, notes, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

OTHER = ChainKey("another", KEY.subject)


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield tables()


@pytest.fixture
def reader(client: DynamoDBClient) -> IncidentReader:
    return IncidentReader(client, AUDIT)


def write(client: DynamoDBClient, key: ChainKey, incident: str) -> None:
    log = dynamo_log(client)
    log.append(key, log.read(key), opened(incident), lease(incident=incident))


def test_incidents_are_found_newest_first_within_their_time(
    client: DynamoDBClient, reader: IncidentReader
) -> None:
    old = incident_id(datetime(2024, 12, 31, 23, 59, tzinfo=UTC), "long ago")
    for incident in (old, INCIDENT, LATER):
        write(client, KEY, incident)
    end = NOON + timedelta(days=90)
    found = [one.incident for one in reader.opened(NOON - timedelta(days=400), end)]
    assert found == [LATER, INCIDENT, old]
    assert [one.incident for one in reader.opened(NOON, end)] == [LATER, INCIDENT]
    assert [one.incident for one in reader.opened(NOON + timedelta(seconds=1), end)] == [LATER]


@pytest.mark.parametrize("name", sorted(DEPLOYMENT_CHAINS))
@pytest.mark.parametrize("region", [GLOBAL, REGION])
def test_the_chain_of_the_deployment_with_an_id_is_found(
    client: DynamoDBClient, reader: IncidentReader, name: str, region: str
) -> None:
    account = REF.account
    key = ChainKey(name, AccountRef(account, region, account).key)
    write(client, key, INCIDENT)
    assert reader.responses(INCIDENT) == ()
    assert reader.of_deployment(INCIDENT, account) == (Response(key, INCIDENT),)
    assert reader.of_deployment(LATER, account) == ()


def test_every_response_to_an_incident_is_found(client: DynamoDBClient, reader: IncidentReader) -> None:
    write(client, KEY, INCIDENT)
    write(client, OTHER, INCIDENT)
    write(client, KEY, LATER)
    assert set(reader.responses(INCIDENT)) == {Response(KEY, INCIDENT), Response(OTHER, INCIDENT)}
    assert reader.responses(incident_id(NOON, "nothing")) == ()


def test_the_entries_of_one_response_are_read_in_order(
    client: DynamoDBClient, reader: IncidentReader
) -> None:
    log = dynamo_log(client)
    log.append(KEY, History(), contained(), lease())
    write(client, KEY, LATER)
    response = Response(KEY, INCIDENT)
    assert reader.entries(response) == contained()
    assert reader.entries(response, upto=f"{INCIDENT}#000001") == contained()[:2]


def test_a_long_response_is_read_whole(client: DynamoDBClient, reader: IncidentReader) -> None:
    """Longer than the megabyte that one page holds."""
    log = dynamo_log(client)
    large = (*opened(), *more(opened(), *(type(note)(note.what, "x" * 300_000) for note in notes(5))))
    log.append(KEY, History(), large, lease())
    assert reader.entries(Response(KEY, INCIDENT)) == large


def test_what_is_no_entry_is_read_and_does_not_verify(client: DynamoDBClient, reader: IncidentReader) -> None:
    dynamo_log(client).append(KEY, History(), contained(), lease())
    for name in ("000002", "note"):
        client.put_item(TableName=AUDIT, Item={CHAIN: {"S": KEY.text}, ENTRY: {"S": f"{INCIDENT}#{name}"}})
    entries = reader.entries(Response(KEY, INCIDENT))
    assert [one.seq for one in entries] == [0, 1, 2, 3, 4, 5, -1]
    assert [one.seq for one in verify(KEY, INCIDENT, entries).faults if one.wrong is Wrong.ALTERED] == [-1, 2]


def test_a_table_that_cannot_be_read_is_retryable(client: DynamoDBClient) -> None:
    with pytest.raises(Retryable):
        IncidentReader(client, "nowhere").entries(Response(KEY, INCIDENT))


def test_a_person_needs_to_query_the_table_and_its_index() -> None:
    assert [(one.action, one.resources) for one in PERMISSIONS] == [
        ("dynamodb:Query", ("{audit_table}", "{audit_table}/index/incidents"))
    ]
