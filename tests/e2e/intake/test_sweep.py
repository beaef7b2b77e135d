"""A finding whose event was lost is answered by the deployed sweep: its function, queue and roles."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ringfence.policy.sweeps import SEVERE
from ringfence.record.facts import FindingReceived
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from ringfence.local.findings import InstanceFinding
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK, QUEUE, INTAKE = "contain-instance", "ringfence-sweep", "ringfence-intake"


def sweep(intake: Compliance) -> None:
    """Begin a sweep, as its schedule does, and wait until its place was read and its finds were routed."""
    payload = json.dumps({"sweep": SEVERE}).encode()
    answer = intake.world.client("lambda").invoke(FunctionName=QUEUE, Payload=payload)
    found = json.loads(answer["Payload"].read())
    assert found == {"places": 1}, found
    intake.world.quiet(QUEUE, INTAKE, f"ringfence-{RUNBOOK}", f"ringfence-{RUNBOOK}-continuation")


@dataclass(frozen=True)
class Swept:
    """What a sweep found: the finding, its server, and the response to it."""

    server: Server
    finding: InstanceFinding
    history: History


@pytest.fixture(scope="module")
def swept(intake: Compliance) -> Swept:
    """Lose the event of a finding, and sweep."""
    world, builder = intake.world, intake.world.builder()
    server = builder.launch(builder.ground(), builder.name)
    with intake.silent(RUNBOOK):
        finding = world.send(server)
        world.quiet(f"ringfence-{RUNBOOK}")
    assert not world.history(server).entries, "the event is lost"
    sweep(intake)
    return Swept(server, finding, world.complete(server))


def test_a_finding_whose_event_was_lost_is_answered(intake: Compliance, swept: Swept) -> None:
    assert intake.world.inspector().closed(swept.server)
    assert [one.finding.source for one in swept.history.of(FindingReceived)] == ["aws.guardduty"]


def test_the_event_and_the_sweep_lead_to_one_incident(intake: Compliance, swept: Swept) -> None:
    intake.world.deployment.send(swept.finding)
    sweep(intake)
    history = intake.world.history(swept.server)
    assert history.incident == swept.history.incident
    assert len(history.of(FindingReceived)) == 1


def test_what_was_released_rests_when_it_is_swept(intake: Compliance, swept: Swept) -> None:
    incident = swept.history.incident
    done = intake.hand.types("release", incident, "--yes", "--reason", "it was a drill")
    assert done.returncode == 0, done.stdout + done.stderr
    dynamodb = intake.world.client("dynamodb")
    table = intake.world.deployment.control_table
    key = f"sweep#{SEVERE}/{intake.world.local.account}/{intake.world.local.region}"
    dynamodb.delete_item(TableName=table, Key={"key": {"S": key}})  # as if it were the first look
    sweep(intake)
    until(lambda: intake.world.history(swept.server).released_at, "the release is recorded")
    assert intake.world.history(swept.server).incident == incident
    assert not intake.world.inspector().closed(swept.server)
