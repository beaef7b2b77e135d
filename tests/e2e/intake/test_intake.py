"""What Security Hub contains reaches the runbooks through the deployed rules, queue, function and roles."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import incoming
from ringfence.local.findings import InstanceFinding, formatted
from ringfence.local.samples import security_hub
from ringfence.record.facts import DecisionMade, FindingReceived
from tests.e2e.intake.controls import failed, hub, open_group, permissions
from tests.e2e.world import until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
INTAKE = "ringfence-intake"


def test_one_finding_by_three_ways_is_one_incident(intake: Compliance) -> None:
    world, local = intake.world, intake.world.local
    builder = world.builder()
    server = builder.launch(builder.ground(), "suspect")
    finding = InstanceFinding.about(server)
    world.deployment.send(finding)
    arn = f"arn:aws:guardduty:{local.region}:{local.account}:detector/d4/finding/{finding.id}"
    resource = f"arn:aws:ec2:{local.region}:{local.account}:instance/{server.ref.id}"
    place = {"AwsAccountId": local.account, "Region": local.region, "UpdatedAt": formatted(finding.updated)}
    types = [f"TTPs/Command and Control/{finding.type.replace('EC2/', 'EC2-')}"]
    described = [{"Type": "AwsEc2Instance", "Id": resource, "Region": local.region}]
    asff = security_hub.asff(**place, Id=arn, Types=types, Resources=described)
    assert hub(intake).batch_import_findings(Findings=[asff])["SuccessCount"] == 1
    info = {
        **security_hub.v2()["finding_info"],
        **dict.fromkeys(("created_time_dt", "modified_time_dt"), formatted(finding.updated)),
        "uid": arn,
    }
    ocsf = security_hub.v2(
        cloud={"account": {"uid": local.account}, "region": local.region},
        finding_info=info,
        resources=[{"type": "AwsEc2Instance", "uid": resource, "region": local.region}],
    )
    intake.put(entry(security_hub.imported(ocsf, kind="Findings Imported V2")))
    history = world.complete(server)
    world.quiet(INTAKE, "ringfence-contain-instance", "ringfence-contain-instance-continuation")
    assert {one.finding.id for one in history.of(FindingReceived)} == {finding.id}
    assert world.history(server).head == history.head


def test_a_failed_control_is_remediated(intake: Compliance) -> None:
    group = open_group(intake, "open")
    hub(intake).batch_import_findings(Findings=[failed(intake, group)])
    history = intake.over("harden-network", group)
    assert [one.finding.type for one in history.of(FindingReceived)] == ["Config:restricted-ssh"]
    assert permissions(intake, group) == []


def test_a_bad_finding_is_a_dead_letter_and_the_others_of_its_event_are_told(intake: Compliance) -> None:
    local, sqs = intake.world.local, intake.world.client("sqs")
    place = {"AwsAccountId": local.account, "Region": local.region}
    falcon = f"arn:aws:securityhub:{local.region}::product/crowdstrike/crowdstrike-falcon"
    at = formatted(datetime.now(UTC))
    good = security_hub.asff(**place, ProductArn=falcon, Types=["TTPs/Beacon"], UpdatedAt=at, Resources=[])
    bad = security_hub.control(**place, Id="bad", Resources=[])
    intake.put(entry(security_hub.imported(bad, good)))
    url = sqs.get_queue_url(QueueName=f"{INTAKE}-dead-letters")["QueueUrl"]
    (letter,) = until(
        lambda: sqs.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages", []), "a dead letter"
    )
    assert [one["Id"] for one in json.loads(letter["Body"])["detail"]["findings"]] == ["bad"]
    (part,) = incoming(security_hub.imported(good))
    found = findings(part.checked())
    assert not isinstance(found, NotForUs)
    ref = found[0].subjects[-1]
    intake.when("report-findings", ref, lambda history: bool(history.of(DecisionMade)), "decided")
