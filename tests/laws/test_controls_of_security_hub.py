"""Each control of Security Hub leads to the remediations that answer the verdicts of the rule behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ringfence.engine.routing import answering
from ringfence.events.config.controls import CIS, RULES
from ringfence.events.config.trigger import ConfigTrigger
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import incoming
from ringfence.local.samples.guardduty import ACCOUNT
from ringfence.local.samples.security_hub import control, control_v2, imported
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.rule_confirmation import PREFIX
from ringfence.runbooks.catalogue import CATALOGUE
from tools import controls_page

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]
ANSWERED = {
    type_.removeprefix(PREFIX): (runbook.id, runbook.subject)
    for runbook in CATALOGUE.values()
    for trigger in runbook.triggers
    if isinstance(trigger, ConfigTrigger)
    for type_ in trigger.types
}
"""The runbook and the kind of subject of each rule that a remediation answers."""
WITHOUT_CONTROL = {"approved-amis-by-id", "approved-amis-by-tag", "restricted-common-ports"}
"""Rules that no control of Security Hub has by this name. EC2.14 and EC2.19 have the last one by others."""
ACCOUNT_RESOURCE = {"Type": "AwsAccount", "Id": f"AWS::::Account:{ACCOUNT}"}
RESOURCES: dict[str, Json] = {
    "harden-bucket": {"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::logs-of-a-team"},
    "harden-snapshot": ACCOUNT_RESOURCE,
    "harden-network": {
        "Type": "AwsEc2SecurityGroup",
        "Id": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-0123456789abcdef0",
    },
    "harden-instance": {
        "Type": "AwsEc2Instance",
        "Id": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0123456789abcdef0",
    },
    "harden-identity": ACCOUNT_RESOURCE,
    "restore-logging": {
        "Type": "AwsCloudTrailTrail",
        "Id": f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/all",
    },
}
"""A resource that a runbook's controls are about."""


def resource(id_: str) -> Json:
    return RESOURCES[ANSWERED[RULES[id_]][0]]


def named(id_: str) -> Json:
    """Return where a finding names its control."""
    if id_.startswith(CIS):
        generator = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/x"
        return {"ProductFields": {"RuleId": id_.removeprefix(CIS)}, "GeneratorId": generator}
    if id_.startswith("PCI."):
        return {"ProductFields": {"ControlId": id_}}
    return {"Compliance": {"Status": "FAILED", "SecurityControlId": id_}, "ProductFields": {}}


FORMS = {
    "by its control": lambda id_: imported(control(Resources=[resource(id_)], **named(id_))),
    "in the new Security Hub": lambda id_: imported(
        control_v2(id_, resource(id_)), kind="Findings Imported V2"
    ),
}


def test_every_rule_that_is_answered_has_a_control_or_is_known_to_have_none() -> None:
    assert set(RULES.values()) | WITHOUT_CONTROL == set(ANSWERED)
    assert set(RULES.values()).isdisjoint(WITHOUT_CONTROL)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id_", RULES)
def test_a_failed_control_leads_to_the_remediations_of_its_rule(id_: str, form: str) -> None:
    (part,) = incoming(FORMS[form](id_))
    event = part.checked()
    assert not isinstance(event, NotForUs), event
    found = findings(event)
    assert not isinstance(found, NotForUs), found
    assert [one.type for one in found] == [f"{PREFIX}{RULES[id_]}"]
    routed = answering(event, CATALOGUE, {})
    assert not isinstance(routed, NotForUs)
    assert ANSWERED[RULES[id_]][0] in routed


def test_the_name_of_the_rule_leads_there_too_where_the_control_is_unknown() -> None:
    bucket = RESOURCES["harden-bucket"]
    fields = {
        "RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
        "RelatedAWSResources:0/name": "securityhub-s3-bucket-versioning-enabled-9412a869",
        "ControlId": "S3.999",
    }
    (part,) = incoming(imported(control(Resources=[bucket], ProductFields=fields)))
    (found,) = findings(part.checked())  # type: ignore[misc]  # no reason
    assert found.type == "Config:s3-bucket-versioning-enabled"
    assert isinstance(found.subjects[0], BucketRef)


def test_the_page_of_the_controls_is_made_of_the_table() -> None:
    assert (ROOT / "docs" / "controls.md").read_text("utf-8") == controls_page.document(), "run make docs"


def test_a_control_that_nothing_answers_has_a_reason() -> None:
    for event in (
        imported(control(ProductFields={"ControlId": "RDS.1"})),
        imported(control_v2("RDS.1", ACCOUNT_RESOURCE), kind="Findings Imported V2"),
    ):
        (part,) = incoming(event)
        reason = part.checked()
        assert isinstance(reason, NotForUs)
        assert reason.reason == "no remediation answers the control RDS.1 of Security Hub"
