"""What findings of Security Hub say when a containment is undone, or where a person or the policy decided."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.deployment import NOTICES_STACK
from ringfence.local.findings import InstanceFinding, formatted
from ringfence.local.samples import security_hub
from ringfence.local.sending import put_findings_v2
from ringfence.record.facts import ContainmentBroken
from ringfence.record.hub_update import AUTHOR
from tests.e2e.outputs.conftest import EXEMPT, PORTAL, ROUTE
from tests.e2e.outputs.test_outputs import OUTPUTS, files, in_hub, resolved, respond, twin
from tests.e2e.world import QUEUES, Inbox, until

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
RECHECK = "ringfence-contain-instance-recheck"
RESOLVED = 4
"""OCSF's number for the status."""


def pager(world: World) -> Inbox:
    """Let a queue hear what the topic of the route carries."""
    (stack,) = world.client("cloudformation").describe_stacks(StackName=NOTICES_STACK)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    return Inbox(world, outputs[f"Route{ROUTE.title()}Topic"])


def undo(world: World, server: Server) -> None:
    """Put the groups of a server back, as somebody else, and have the hourly look see it.

    The call's event and the look can both report it at the same moment.
    """
    groups, ec2 = [server.ground.back], world.client("ec2")
    known = len(world.history(server).of(ContainmentBroken))
    ec2.modify_network_interface_attribute(NetworkInterfaceId=server.interfaces[0], Groups=groups)
    world.client("lambda").invoke(FunctionName=RECHECK, Payload=b"{}")
    until(lambda: len(world.history(server).of(ContainmentBroken)) > known, "it is seen")


def status(world: World, id_: str) -> str:
    return str(in_hub(world, id_)["Workflow"]["Status"])


def test_a_resolved_finding_is_opened_again_when_the_containment_is_undone(outgoing: World) -> None:
    """The second time, a person is asked and nothing is changed, so the finding stays open."""
    inbox, urgent = Inbox(outgoing), pager(outgoing)
    server, id_ = respond(outgoing)
    resolved(outgoing, id_)
    until(lambda: inbox.told(server.ref.id), "a person is told of the containment")
    assert not urgent.told(server.ref.id), "that is not urgent"
    undo(outgoing, server)
    until(lambda: outgoing.history(server).broken is None, "the server is contained again")
    resolved(outgoing, id_)
    undo(outgoing, server)
    until(lambda: status(outgoing, id_) == "NOTIFIED", "the finding is open again")
    found = in_hub(outgoing, id_)
    assert found["Note"]["UpdatedBy"] == AUTHOR
    assert "Next: ringfence" in found["Note"]["Text"]
    until(lambda: urgent.told(server.ref.id), "the topic of the route carries the urgent notice")
    assert all(one.startswith("[URGENT") for one in urgent.told(server.ref.id))


def test_a_finding_that_somebody_suppressed_is_left_alone(outgoing: World) -> None:
    builder = outgoing.builder()
    server = builder.launch(builder.ground(), "quiet")
    finding = InstanceFinding.about(server)
    hub = twin(outgoing, finding, server)
    named = [{"Id": hub["Id"], "ProductArn": hub["ProductArn"]}]
    suppressed = {"Workflow": {"Status": "SUPPRESSED"}}
    outgoing.client("securityhub").batch_update_findings(FindingIdentifiers=named, **suppressed)
    before = in_hub(outgoing, hub["Id"])
    outgoing.deployment.send(finding)
    incident = outgoing.complete(server).incident
    until(lambda: resolved_in_files(outgoing, incident), "the outputs are told")
    outgoing.quiet(*QUEUES, "ringfence-intake", OUTPUTS)
    assert in_hub(outgoing, hub["Id"]) == before


def resolved_in_files(world: World, incident: str) -> bool:
    """Return whether the files of another output say that an incident is resolved."""
    lines = (json.loads(line) for text in files(world).values() for line in text.splitlines())
    statuses = (one["status"] for one in lines if one["metadata"]["correlation_uid"] == incident)
    return "Resolved" in statuses


def about_a_bucket(world: World, name: str) -> dict[str, Any]:
    """Import the finding of a failed control about a bucket. AWS Config has the rule behind it."""
    local, rule = world.local, "securityhub-s3-bucket-versioning-enabled-9412a869"
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    world.client("config").put_config_rule(ConfigRule={"ConfigRuleName": rule, "Source": source})
    behind = {"type": "AWS::Config::ConfigRule", "name": rule}
    found = security_hub.control(
        Id=f"arn:aws:securityhub:{local.region}:{local.account}:security-control/S3.14/finding/{name}",
        ProductArn=f"arn:aws:securityhub:{local.region}::product/aws/securityhub",
        AwsAccountId=local.account,
        Region=local.region,
        UpdatedAt=formatted(datetime.now(UTC)),
        ProductFields={f"RelatedAWSResources:0/{key}": value for key, value in behind.items()},
        Compliance={"Status": "FAILED", "SecurityControlId": "S3.14"},
        Resources=[{"Type": "AwsS3Bucket", "Id": f"arn:aws:s3:::{name}", "Region": local.region}],
    )
    world.client("securityhub").batch_import_findings(Findings=[found])
    return found


def test_a_finding_about_an_exempt_resource_is_suppressed_with_the_reason(outgoing: World) -> None:
    name = f"{EXEMPT}of-the-shop"
    outgoing.client("s3").create_bucket(Bucket=name)
    hub = about_a_bucket(outgoing, name)
    until(lambda: status(outgoing, hub["Id"]) == "SUPPRESSED", "the finding is suppressed")
    assert "our public pictures" in in_hub(outgoing, hub["Id"])["Note"]["Text"]
    assert "Status" not in outgoing.client("s3").get_bucket_versioning(Bucket=name)


def of_guardduty_v2(world: World, finding: InstanceFinding, server: Server) -> dict[str, Any]:
    """Return the finding of GuardDuty as the new Security Hub has it."""
    local, detail, made = world.local, finding.detail(), security_hub.v2()
    arn = f"arn:aws:ec2:{local.region}:{local.account}:instance/{server.ref.id}"
    times = {"created_time_dt": detail["updatedAt"], "modified_time_dt": detail["updatedAt"]}
    return {
        **made,
        "cloud": {"account": {"uid": local.account}, "provider": "AWS", "region": local.region},
        "finding_info": {**made["finding_info"], **times, "uid": detail["arn"]},
        "metadata": {**made["metadata"], "uid": f"v2-{detail['id']}"},
        "resources": [{"region": local.region, "type": "AwsEc2Instance", "uid": arn}],
    }


def test_a_finding_that_only_the_new_security_hub_has_is_resolved_and_the_write_back_starts_nothing(
    outgoing: World,
) -> None:
    """The status and the comment are written with the permission of Security Hub CSPM."""
    world, hub = outgoing, outgoing.client("securityhub")
    hub.enable_security_hub_v2()
    builder = world.builder()
    server = builder.launch(builder.ground(), "new-hub")
    finding = InstanceFinding.about(server)
    held = of_guardduty_v2(world, finding, server)
    put_findings_v2(world.local.endpoint, [held], world.local.account, world.local.region)
    world.deployment.send(finding)
    incident = world.complete(server).incident

    def written() -> dict[str, Any]:
        (found,) = (one for one in hub.get_findings_v2()["Findings"] if one["metadata"] == held["metadata"])
        return dict(found) if found["status_id"] == RESOLVED else {}

    found = until(written, "the finding in the new Security Hub is resolved")
    assert found["comment"].startswith(f"Ringfence {incident}: ")
    assert PORTAL.replace("{incident}", incident) in found["comment"]
    assert found == {**held, "status_id": RESOLVED, "comment": found["comment"]}, "nothing else is changed"
    # Security Hub has sent the finding again for each write.
    entries = world.history(server).entries
    world.quiet(OUTPUTS, "ringfence-intake", *QUEUES)
    assert world.history(server).entries == entries, world.told(server)
    assert world.history(server).incident == incident
