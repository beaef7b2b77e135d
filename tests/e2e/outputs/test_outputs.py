"""What was done goes out through the deployed queue, function and roles: to Security Hub, bus and bucket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.findings import InstanceFinding
from ringfence.local.samples import security_hub
from ringfence.record.facts import FindingReceived
from ringfence.record.hub_update import AUTHOR
from tests.e2e.outputs.conftest import PORTAL
from tests.e2e.world import QUEUES, Inbox, until
from tests.support.ocsf import check

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from ringfence.record.history import History
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
OUTPUTS = "ringfence-outputs"


def listener(world: World) -> str:
    """Let a queue hear what the bus of the outputs carries."""
    sqs, events = world.client("sqs"), world.client("events")
    url = sqs.create_queue(QueueName="hears-what-was-done")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["ringfence.outputs"]})
    events.put_rule(Name="hears-what-was-done", EventBusName="ringfence-events", EventPattern=pattern)
    target = {"Id": "queue", "Arn": arn}
    events.put_targets(Rule="hears-what-was-done", EventBusName="ringfence-events", Targets=[target])
    return str(url)


def heard(world: World, url: str) -> list[dict[str, Any]]:
    sqs, found = world.client("sqs"), []
    while some := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(one["Body"]) for one in some]
        for one in some:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


def twin(world: World, finding: InstanceFinding, server: Server) -> dict[str, Any]:
    """Import the finding of GuardDuty into Security Hub, as GuardDuty does."""
    local, detail = world.local, finding.detail()
    arn = f"arn:aws:ec2:{local.region}:{local.account}:instance/{server.ref.id}"
    about = [{"Type": "AwsEc2Instance", "Id": arn}]
    count = {"aws/guardduty/service/count": str(finding.count)}
    found = security_hub.asff(
        Id=detail["arn"],
        ProductFields={**security_hub.asff()["ProductFields"], **count},
        ProductArn=f"arn:aws:securityhub:{local.region}::product/aws/guardduty",
        AwsAccountId=local.account,
        Region=local.region,
        UpdatedAt=detail["updatedAt"],
        Resources=about,
    )
    world.client("securityhub").batch_import_findings(Findings=[found])
    return found


def in_hub(world: World, id_: str) -> dict[str, Any]:
    filters = {"Id": [{"Value": id_, "Comparison": "EQUALS"}]}
    (found,) = world.client("securityhub").get_findings(Filters=filters)["Findings"]
    return dict(found)


def bucket(world: World) -> str:
    (found,) = (
        one["Name"] for one in world.client("s3").list_buckets()["Buckets"] if "outputs" in one["Name"]
    )
    return str(found)


def files(world: World) -> dict[str, str]:
    s3, name = world.client("s3"), bucket(world)
    listed = s3.list_objects_v2(Bucket=name).get("Contents", [])
    return {one["Key"]: s3.get_object(Bucket=name, Key=one["Key"])["Body"].read().decode() for one in listed}


def respond(world: World) -> tuple[Server, str]:
    """Let Ringfence respond to a finding that Security Hub has too. Return its id there."""
    builder = world.builder()
    server = builder.launch(builder.ground(), "shop")
    finding = InstanceFinding.about(server)
    hub = twin(world, finding, server)
    world.deployment.send(finding)
    world.complete(server)
    return server, str(hub["Id"])


def resolved(world: World, id_: str) -> dict[str, Any]:
    """Wait until a finding is resolved in Security Hub."""

    def look() -> dict[str, Any] | None:
        found = in_hub(world, id_)
        return found if found["Workflow"]["Status"] == "RESOLVED" else None

    found = until(look, "the finding in Security Hub is resolved")
    assert found is not None
    return found


def archived(world: World, history: History) -> bool:
    """Return whether GuardDuty has archived the finding of an incident."""
    guardduty, (received,) = world.client("guardduty"), history.of(FindingReceived)
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    (held,) = guardduty.get_findings(DetectorId=detector, FindingIds=[received.finding.id])["Findings"]
    return bool(held["Service"]["Archived"])


def classes(events: list[dict[str, Any]]) -> set[object]:
    for one in events:
        check(one)
    return {one["class_name"] for one in events}


@pytest.fixture(scope="module")
def hears(outgoing: World) -> str:
    return listener(outgoing)


BOTH = {"Detection Finding", "Remediation Activity"}


def test_what_was_done_goes_out_and_a_write_back_starts_nothing(outgoing: World, hears: str) -> None:
    server, id_ = respond(outgoing)
    found = resolved(outgoing, id_)
    history = outgoing.history(server)
    assert found["Note"]["UpdatedBy"] == AUTHOR
    assert history.incident in found["Note"]["Text"]
    assert found["UserDefinedFields"]["ringfence:link"] == PORTAL.replace("{incident}", history.incident)
    assert found["UserDefinedFields"]["ringfence:status"] == "complete"
    until(lambda: archived(outgoing, history), "the finding is archived in GuardDuty")
    lines = [json.loads(line) for text in files(outgoing).values() for line in text.splitlines()]
    assert classes(lines) == BOTH
    assert classes([one["detail"] for one in heard(outgoing, hears)]) == BOTH
    # Security Hub has sent the finding again for each write.
    outgoing.quiet(OUTPUTS, "ringfence-intake", *QUEUES)
    assert outgoing.history(server).entries == history.entries, outgoing.told(server)


def test_an_output_that_fails_delays_no_notice_and_no_other_output(outgoing: World, hears: str) -> None:
    inbox, s3, name = Inbox(outgoing), outgoing.client("s3"), bucket(outgoing)
    pages = s3.list_object_versions(Bucket=name)
    for one in (*pages.get("Versions", ()), *pages.get("DeleteMarkers", ())):
        s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=name)
    server, id_ = respond(outgoing)
    assert resolved(outgoing, id_)
    assert any("contained" in one for one in inbox.told(server.ref.id))
    assert classes([one["detail"] for one in heard(outgoing, hears)]) == BOTH
    until(lambda: outgoing.waiting(OUTPUTS), "the messages of the output that fails wait")
