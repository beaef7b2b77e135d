"""Findings of Inspector and Macie are reported, and what cannot be read is a dead letter, in every form."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.security_hub.actions import ACTIONS
from ringfence.events.security_hub.trigger import IMPORTED_V2
from ringfence.local.findings import formatted
from ringfence.local.samples import access_analyzer, security_hub
from ringfence.local.settings import ACCOUNT, REGION
from tests.e2e.intake.controls import hub
from tests.e2e.intake.senders import TOLD
from tests.e2e.world import Inbox, until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
Json = dict[str, Any]


@pytest.mark.parametrize("product", ["inspector", "macie"])
def test_of_a_critical_finding_of_inspector_or_macie_a_person_is_told(
    intake: Compliance, product: str
) -> None:
    local, inbox, title = intake.world.local, Inbox(intake.world), f"{product} found {uuid.uuid4()}"
    found = security_hub.asff(
        AwsAccountId=local.account,
        Region=local.region,
        Id=str(uuid.uuid4()),
        ProductArn=f"arn:aws:securityhub:{local.region}::product/aws/{product}",
        Types=["Software and Configuration Checks/Vulnerabilities/CVE"],
        Title=title,
        Severity={"Label": "CRITICAL", "Normalized": 90},
        UpdatedAt=formatted(datetime.now(UTC)),
        Resources=[{"Type": "Other", "Id": "arn:aws:ecr:us-east-1:111122223333:repository/shop"}],
    )
    hub(intake).batch_import_findings(Findings=[found])
    until(partial(inbox.texts, title), "a person is notified")


def of_health(intake: Compliance, type_: str, title: str) -> Json:
    """Return a finding of AWS Health, with the code of its event as its title."""
    local = intake.world.local
    return security_hub.asff(
        AwsAccountId=local.account,
        Region=local.region,
        Id=f"arn:aws:health:{local.region}:{local.account}:event/RISK/{title}/{title}-{uuid.uuid4()}",
        ProductArn=f"arn:aws:securityhub:{local.region}::product/aws/health",
        GeneratorId=title,
        Types=[type_],
        Title=title,
        Severity={"Label": "INFORMATIONAL", "Normalized": 0},
        UpdatedAt=formatted(datetime.now(UTC)),
        Resources=[{"Type": "Other", "Id": f"arn:aws:health:{local.region}:{local.account}:event/{title}"}],
    )


def test_of_a_finding_of_aws_health_a_person_is_told_if_the_policy_maps_it(intake: Compliance) -> None:
    """The shipped table leaves the others to AWS Health's own events."""
    inbox, mark = Inbox(intake.world), uuid.uuid4().hex
    told, left = f"AWS_RISK_TOLD_{mark}", f"AWS_RISK_LEFT_{mark}"
    findings = [of_health(intake, "Software and Configuration Checks", left), of_health(intake, TOLD, told)]
    hub(intake).batch_import_findings(Findings=findings)
    until(partial(inbox.texts, told), "a person is notified")
    intake.world.quiet("ringfence-intake")
    assert inbox.texts(left) == []


def bad_v2(mark: str) -> Json:
    return security_hub.imported(security_hub.v2(resources=mark), kind=IMPORTED_V2)


def bad_share(mark: str) -> Json:
    return access_analyzer.analyzer_event(accountId=mark)


def bad_choice(mark: str) -> Json:
    kind = "Security Hub Findings - Custom Action"
    arn = ACTIONS["RingfencePlan"].arn(ACCOUNT, REGION)
    return security_hub.imported(security_hub.asff(Resources=mark), kind=kind, resources=[arn])


@pytest.mark.parametrize("bad", [bad_v2, bad_share, bad_choice])
def test_bad_input_becomes_a_dead_letter(intake: Compliance, bad: Callable[[str], Json]) -> None:
    mark = str(uuid.uuid4())
    intake.put(entry(bad(mark)))
    sqs = intake.world.client("sqs")
    url = sqs.get_queue_url(QueueName="ringfence-intake-dead-letters")["QueueUrl"]

    def letters() -> list[str]:
        asked = {"MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
        found = sqs.receive_message(QueueUrl=url, **asked).get("Messages", [])
        return [one["Body"] for one in found if mark in one["Body"]]

    until(letters, "the event is a dead letter")
