"""Whatever AWS Health reports of abuse or of a risk reaches a person: about the instance, if it names one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.health.abuse import OTHER_RISKS, REPORTED_ABUSE
from ringfence.local.samples.guardduty import ACCOUNT, INSTANCE, REGION, changed
from ringfence.local.samples.health import INSTANCE_ARN, abuse_event, health_event
from ringfence.model.finding import Finding
from ringfence.model.kinds import parse_key
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.delivery import Delivery
from tests.support.parsing import parse

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

INSTANCES, OTHERS = Delivery(REPORTED_ABUSE), Delivery(OTHER_RISKS)
POLICY = Policy(accounts=(ACCOUNT,), default=Mode.AUTO)


def found(event: dict[str, Any]) -> Finding:
    finding = parse(event)
    assert isinstance(finding, Finding), finding
    return finding


def answering(finding: Finding) -> set[str]:
    return {one.id for one in CATALOGUE.values() if one.answers(finding)}


@pytest.mark.parametrize("trigger", [REPORTED_ABUSE, OTHER_RISKS])
def test_the_patterns_are_valid(trigger: Trigger) -> None:
    assert not Delivery(trigger).errors()


@pytest.mark.parametrize("region", ["global", REGION])
def test_a_report_that_names_an_instance_is_about_the_instance_and_isolates_nothing(region: str) -> None:
    event = changed(abuse_event(INSTANCE_ARN), "detail.eventRegion", region)
    finding = found(event)
    assert [ref.key for ref in finding.subjects] == [f"instance/{ACCOUNT}/{REGION}/{INSTANCE}"]
    assert answering(finding) == {"contain-instance"}
    assert INSTANCES.count(event) == 1
    decision = decide(POLICY, "contain-instance", finding, finding.subjects[0])
    assert decision.mode is Mode.NOTIFY
    assert "AWS_ABUSE_DOS_REPORT" in decision.reason


@pytest.mark.parametrize(
    "event",
    [
        abuse_event(),
        abuse_event("203.0.113.9"),
        abuse_event(INSTANCE),  # by its id alone in a report for all regions
        abuse_event(INSTANCE_ARN.replace(ACCOUNT, "444455556666")),
        abuse_event(code="AWS_ABUSE_SOMETHING_NEW"),
        {**health_event(code="AWS_RISK_IAM_QUARANTINE"), "detail-type": "AWS Health Event"},
    ],
)
def test_any_other_report_is_reported_as_it_is(event: dict[str, Any]) -> None:
    event = changed(event, "detail.eventRegion", "global")
    finding = found(event)
    assert answering(finding) == {"report-findings"}
    assert OTHERS.count(event) == 1
    (ref,) = finding.subjects
    assert parse_key(ref.key) == ref
    assert decide(POLICY, "report-findings", finding, ref).mode is Mode.NOTIFY


def test_an_instance_by_its_id_is_in_the_region_of_the_event() -> None:
    event = changed(abuse_event(INSTANCE), "detail.eventRegion", REGION)
    assert [ref.key for ref in found(event).subjects] == [f"instance/{ACCOUNT}/{REGION}/{INSTANCE}"]


def test_an_exposed_key_is_contained_and_not_reported_twice() -> None:
    assert answering(found(health_event())) == {"contain-credentials"}
    assert OTHERS.count(health_event()) == 0


def test_an_event_about_maintenance_is_neither_delivered_nor_reported() -> None:
    event = changed(health_event(code="AWS_EC2_MAINTENANCE_SCHEDULED"), "detail.service", "EC2")
    assert (INSTANCES.count(event), OTHERS.count(event)) == (0, 0)
    assert OTHERS.answered(event) is False
