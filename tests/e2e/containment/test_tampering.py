"""An intruder who may write to the table and switch off the archive is found by whoever verifies."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.aws.archive import S3Archive
from ringfence.aws.incidents import IncidentReader
from ringfence.aws.log_files import LogFiles, origin
from ringfence.aws.log_signer import KmsSigner
from ringfence.cli.audit_files import walk_files
from ringfence.cli.audit_responses import walk_responses
from ringfence.cli.audit_sources import Period, Sources
from ringfence.cli.audit_store import audit_store
from ringfence.cli.audit_walk import walk_log
from ringfence.cli.log_key import verifier
from ringfence.handlers.threads import Threads
from ringfence.record.chain import digest
from ringfence.record.integrity import Wrong
from tests.e2e.world import QUEUES, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.cli.audit_sources import LogReport
    from ringfence.local.estate import Server
    from ringfence.record.integrity import ChainVerdict
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
RECHECK = f"{QUEUES[0]}-recheck"
RESTORES = ("ringfence-restore-delivery", "ringfence-restore-delivery-continuation")
"""The functions that would let others run again and switch mappings on again."""


@pytest.fixture
def server(world: World) -> Server:
    """A server in a new VPC: of those whose target groups nobody has read, one in each VPC is contained."""
    builder = world.builder()
    return builder.launch(builder.ground(), builder.name, builder.profile())


def publish(world: World) -> None:
    """Let the schedule fire."""
    answer = world.client("lambda").invoke(FunctionName="ringfence-checkpoint")
    assert "FunctionError" not in answer, answer["Payload"].read()


def verified(world: World, later: timedelta) -> tuple[dict[str, ChainVerdict], LogReport]:
    """Verify everything as somebody does some time from now; the results by incident."""
    deployment, now = world.deployment, datetime.now(UTC) + later
    s3 = world.client("s3")
    signer = KmsSigner(
        world.client("kms"), "alias/ringfence-log", origin(deployment.archive, world.local.region)
    )
    sources = Sources(
        IncidentReader(world.client("dynamodb"), deployment.audit_table),
        S3Archive(s3, deployment.archive),
        LogFiles(s3, deployment.archive),
        signer.key,
        verifier(signer.key),
        (),
        Threads(),
    )
    with audit_store() as store:
        report = walk_log(sources, store, None, now)
        walk_files(sources, store, report, now)
        found = tuple(walk_responses(sources, store, Period(), report, now))
    return {one.incident: one for one in found}, report


def items(world: World, server: Server) -> list[dict[str, Any]]:
    chain = {"S": f"contain-instance#{server.ref.key}"}
    found: list[dict[str, Any]] = world.client("dynamodb").query(
        TableName=world.deployment.audit_table,
        KeyConditionExpression="chain = :chain",
        ExpressionAttributeValues={":chain": chain},
    )["Items"]
    return found


def remove(world: World, item: dict[str, Any]) -> None:
    key = {name: item[name] for name in ("chain", "entry")}
    world.client("dynamodb").delete_item(TableName=world.deployment.audit_table, Key=key)


@contextmanager
def stopped(world: World, *functions: str) -> Iterator[None]:
    """Let these functions not run, and the first of them run again last."""
    client = world.client("lambda")
    for name in functions:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        for name in reversed(functions):
            client.delete_function_concurrency(FunctionName=name)


@pytest.fixture
def nothing_is_archived(world: World) -> Iterator[None]:
    """Switch the archive's mapping off, as an intruder does who has stopped what would switch it on again."""
    client = world.client("lambda")
    (mapping,) = client.list_event_source_mappings(FunctionName="ringfence-archive")["EventSourceMappings"]
    with stopped(world, *RESTORES):
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        until(lambda: state(client, mapping["UUID"]) == "Disabled", "the mapping is off")
        yield
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def state(client: Any, mapping: str) -> str:  # noqa: ANN401 - made at run time
    return str(client.get_event_source_mapping(UUID=mapping)["State"])


@contextmanager
def nobody_writes(world: World) -> Iterator[None]:
    """Keep every function that writes to the chains of this runbook from running, also on its schedule.

    One that looked at the incident between the cut and the verification would write an entry in the place of
    the one that was cut. That is an altered entry, which is another fact.
    """
    world.quiet()
    with stopped(world, *RESTORES, *QUEUES, RECHECK):
        yield


@pytest.mark.usefixtures("nothing_is_archived")
def test_a_chain_that_is_rewritten_end_to_end_while_nothing_is_archived_fails(
    world: World, server: Server
) -> None:
    world.send(server)
    incident = world.complete(server).incident
    previous = ""
    for item in items(world, server):
        body = json.loads(item["body"]["S"]) | {
            "previous": previous,
            "actor": "arn:aws:iam::1:user/scapegoat",
        }
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        previous = digest(text)
        new = {**item, "body": {"S": text}, "hash": {"S": previous}}
        world.client("dynamodb").put_item(TableName=world.deployment.audit_table, Item=new)
    found, _ = verified(world, later=timedelta(minutes=16))
    first = found[incident].first
    assert first is not None
    assert (first.seq, first.wrong) == (0, Wrong.UNARCHIVED)
    assert not found[incident].sound


def test_an_incident_that_is_deleted_from_the_table_is_named(world: World, server: Server) -> None:
    world.send(server)
    world.complete(server)
    with nobody_writes(world):
        history = world.history(server)
        assert world.deployment.archived(server.ref).sound
        publish(world)
        for item in items(world, server):
            remove(world, item)
        found, _ = verified(world, later=timedelta())
    assert found[history.incident].claim.startswith("VERIFICATION FAILED: entry 0 is removed")
    assert len(found[history.incident].faults) == len(history.entries)


def test_a_tail_that_is_cut_from_the_table_is_named(world: World, server: Server) -> None:
    world.send(server)
    world.complete(server)
    with nobody_writes(world):
        history = world.history(server)
        assert world.deployment.archived(server.ref).sound
        publish(world)
        remove(world, items(world, server)[-1])
        found, _ = verified(world, later=timedelta())
    first = found[history.incident].first
    assert first is not None
    assert (first.seq, first.wrong) == (len(history.entries) - 1, Wrong.REMOVED)


def test_what_is_deployed_publishes_a_log_that_verifies(world: World, server: Server) -> None:
    world.send(server)
    history = world.complete(server)
    archived = world.deployment.archived(server.ref)
    assert archived.archived == len(history.entries)
    publish(world)
    found, report = verified(world, later=timedelta())
    assert found[history.incident].sound, found[history.incident].claim
    assert report.faults == []
    assert report.newest is not None
    assert report.newest.size == report.size >= len(history.entries)
    objects = world.client("s3").list_objects_v2(
        Bucket=world.deployment.archive, Prefix=f"chains/{history.incident}/"
    )["Contents"]
    assert len(objects) < len(history.entries)
