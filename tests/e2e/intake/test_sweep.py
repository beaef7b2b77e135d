"""A finding whose event was lost is answered by the deployed sweep: its function, queue and roles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.sweep_items import SweepItems
from ringfence.events.guardduty.sweep import FINDINGS
from ringfence.handlers.parts import SWEEP, Part
from ringfence.local.findings import InstanceFinding
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.place import Place
from ringfence.policy.sweeps import CONFIG, SEVERE
from ringfence.record.facts import FindingReceived
from ringfence.record.sweeps import Progress, sweep_key
from tests.e2e.intake.scanned import THIRD_ACCOUNT
from tests.e2e.sweeps import due, remember, routed, sweep
from tests.e2e.world import OTHER_ACCOUNT, Inbox, until

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK, PLACES = "contain-instance", 4
"""GuardDuty is read in one place first: in the account that administers it."""


def forget(intake: Compliance, name: str) -> None:
    """Remove what a sweep remembers, as if its next look were the first."""
    remember(intake, name, home(intake), {})


def home(intake: Compliance) -> Place:
    """Return the account and region of the deployment."""
    return Place(intake.world.local.account, intake.world.local.region)


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
    sweep(intake, SEVERE, RUNBOOK, places=1)
    return Swept(server, finding, world.complete(server))


def test_a_finding_whose_event_was_lost_is_answered(intake: Compliance, swept: Swept) -> None:
    assert intake.world.inspector().closed(swept.server)
    assert [one.finding.source for one in swept.history.of(FindingReceived)] == ["aws.guardduty"]


def test_the_event_and_the_sweep_lead_to_one_incident(intake: Compliance, swept: Swept) -> None:
    intake.world.deployment.send(swept.finding)
    sweep(intake, SEVERE, RUNBOOK, places=1)
    history = intake.world.history(swept.server)
    assert history.incident == swept.history.incident
    assert len(history.of(FindingReceived)) == 1


def test_what_was_released_rests_when_it_is_swept(intake: Compliance, swept: Swept) -> None:
    incident = swept.history.incident
    done = intake.hand.types("release", incident, "--yes", "--reason", "it was a drill")
    assert done.returncode == 0, done.stdout + done.stderr
    forget(intake, SEVERE)
    sweep(intake, SEVERE, RUNBOOK, places=1)
    until(lambda: intake.world.history(swept.server).released_at, "the release is recorded")
    assert intake.world.history(swept.server).incident == incident
    assert not intake.world.inspector().closed(swept.server)


@pytest.fixture(scope="module")
def member(intake: Compliance) -> str:
    """Let the home account administer GuardDuty of one of the other accounts."""
    guardduty = intake.world.client("guardduty")
    detectors = guardduty.list_detectors()["DetectorIds"] or [
        guardduty.create_detector(Enable=True)["DetectorId"]
    ]
    details = [{"AccountId": THIRD_ACCOUNT, "Email": "third@example.com"}]
    guardduty.create_members(DetectorId=detectors[0], AccountDetails=details)
    return THIRD_ACCOUNT


def test_members_are_read_in_the_administrators_account_and_the_others_by_themselves(
    intake: Compliance, member: str
) -> None:
    world, servers = intake.world, []
    for account, bus in ((member, world.local.account), (OTHER_ACCOUNT, OTHER_ACCOUNT)):
        builder = world.builder(account)
        servers.append(builder.launch(builder.ground(), builder.name))
        with intake.silent(RUNBOOK):
            world.deployment.send(InstanceFinding.about(servers[-1]), account=bus)
            world.quiet(f"ringfence-{RUNBOOK}")
        assert not world.history(servers[-1]).entries, "the event is lost"
    places = [Place(one, world.local.region) for one in (member, OTHER_ACCOUNT)]
    for place in places:
        remember(intake, SEVERE, place, {})
    sweep(intake, SEVERE, RUNBOOK, places=1)
    for server in servers:
        received = intake.when(RUNBOOK, server.ref, lambda one: bool(one.of(FindingReceived)), "begun")
        assert [one.finding.account for one in received.of(FindingReceived)] == [server.ref.account]
    items = SweepItems(world.client("dynamodb"), world.deployment.control_table)
    looked = [bool(items.read(sweep_key(SEVERE, one)).strands) for one in places]
    assert looked == [False, True], "only the account that is no member was read by itself"


def test_a_severity_that_rose_and_whose_event_was_lost_is_answered(intake: Compliance) -> None:
    world, builder = intake.world, intake.world.builder()
    server = builder.launch(builder.ground(), builder.name)
    finding = world.send(server, severity=5.0)
    first = world.complete(server)
    with intake.silent(RUNBOOK):
        world.deployment.send(replace(finding, severity=8.0, updated=datetime.now(UTC)))
        intake.quiet(RUNBOOK)
    sweep(intake, SEVERE, RUNBOOK, places=1)
    history = world.history(server)
    assert history.incident == first.incident
    assert [one.finding.severity for one in history.of(FindingReceived)] == [5.0, 8.0]


ARCHIVED = "Backdoor:EC2/Spambot"


def test_people_are_told_of_what_only_a_sweep_found_and_of_what_a_filter_archived(
    intake: Compliance,
) -> None:
    """The deadline of a sweep is 15 minutes after its schedule. That of this one is sooner."""
    world, place, now = intake.world, home(intake), datetime.now(UTC)
    inbox, builder = Inbox(world), world.builder()
    lost, archived = (builder.launch(builder.ground(), name) for name in ("lost", "archived"))
    with intake.silent(RUNBOOK):
        world.deployment.send(replace(InstanceFinding.about(lost), updated=now - timedelta(minutes=20)))
        suppressed = world.send(archived, type=ARCHIVED)
        intake.quiet(RUNBOOK)
    guardduty = world.client("guardduty")
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    guardduty.archive_findings(DetectorId=detector, FindingIds=[suppressed.id])
    remember(intake, SEVERE, place, {FINDINGS: Progress(now)})
    due(intake, Part(SWEEP, SEVERE, datetime.now(UTC) + timedelta(seconds=30), place.account, place.region))
    routed(intake, RUNBOOK)
    assert world.complete(lost).of(FindingReceived)
    (text,) = until(lambda: inbox.texts("Only the sweep"), "people are notified of what the sweep found")
    assert f"1 of {InstanceFinding.type}" in text
    (text,) = until(lambda: inbox.texts("a suppression rule"), "people are notified of what was archived")
    assert f"1 of {ARCHIVED}" in text
    assert not world.history(archived).entries


BUCKETS, VERSIONS = "harden-bucket", "s3-bucket-versioning-enabled"


def bucket(intake: Compliance) -> BucketRef:
    """Make a bucket."""
    local, name = intake.world.local, f"b-{intake.world.builder().name.lower()}"
    intake.world.client("s3").create_bucket(Bucket=name)
    return BucketRef(local.account, local.region, name)


def released(intake: Compliance, incident: str, ref: BucketRef) -> None:
    """Release an incident, and wait for it."""
    done = intake.hand.types("release", incident, "--yes", "--reason", "it was a drill")
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: intake.history(BUCKETS, ref).released_at, "the release is recorded")


def test_a_result_of_aws_config_whose_event_was_lost_is_answered_once(intake: Compliance) -> None:
    config, s3, ref = intake.world.client("config"), intake.world.client("s3"), bucket(intake)
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    config.put_config_rule(ConfigRule={"ConfigRuleName": VERSIONS, "Source": source})
    found = {"ComplianceResourceType": "AWS::S3::Bucket", "ComplianceResourceId": ref.id}
    judged = {**found, "ComplianceType": "NON_COMPLIANT", "OrderingTimestamp": datetime.now(UTC)}
    with intake.silent(BUCKETS):
        config.put_evaluations(Evaluations=[judged], ResultToken=VERSIONS)
        intake.quiet(BUCKETS)
    assert not intake.history(BUCKETS, ref).entries, "the event is lost"
    sweep(intake, CONFIG, BUCKETS, places=PLACES)
    answered = intake.over(BUCKETS, ref)
    assert s3.get_bucket_versioning(Bucket=ref.id)["Status"] == "Enabled"
    assert [one.finding.source for one in answered.of(FindingReceived)] == ["aws.config"]
    released(intake, answered.incident, ref)
    forget(intake, CONFIG)
    sweep(intake, CONFIG, BUCKETS, places=PLACES)
    assert s3.get_bucket_versioning(Bucket=ref.id)["Status"] == "Suspended"
    assert intake.history(BUCKETS, ref).incident == answered.incident
