"""Whoever imports a finding writes its contents, so only the product says whose finding it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import incoming
from ringfence.local.samples.guardduty import ACCOUNT
from ringfence.local.samples.security_hub import asff, control, control_v2, imported, v2
from ringfence.model.claims import ORIGIN
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from ringfence.record.chain import link
from ringfence.record.facts import FindingReceived
from ringfence.record.received import Received, received
from ringfence.record.summary import Summary
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.chains import finding, stamp

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

Json = dict[str, Any]
OWN = f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:product/{ACCOUNT}/default"
OTHERS = (
    OWN,
    "arn:aws:securityhub:eu-west-1::product/crowdstrike/crowdstrike-falcon",
    f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:product/aws/securityhub",
    f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:product/aws/guardduty",
    "arn:aws:securityhub:eu-west-1::product/x/aws/securityhub",
    "arn:aws:securityhub:eu-west-1::product/aws/guardduty/aws/inspector",
)
V2 = "Findings Imported V2"


def told(event: Json) -> Finding:
    (part,) = incoming(event)
    found = findings(part.checked())
    assert not isinstance(found, NotForUs)
    return found[0]


def modes(found: Finding) -> set[Mode]:
    """Return what a policy that permits everything makes of a finding, for each runbook."""
    permits = Policy((ACCOUNT,), default=Mode.AUTO)
    runbooks = (one for one in CATALOGUE.values() if one.answers(found))
    pairs = ((one, ref) for one in runbooks for ref in found.subjects if isinstance(ref, one.subject))
    return {decide(permits, one.id, found, ref).mode for one, ref in pairs}


@pytest.mark.parametrize("product", OTHERS)
def test_only_security_hub_itself_reports_verdicts_of_aws_config(product: str) -> None:
    named = {"Compliance": {"Status": "FAILED", "SecurityControlId": "EC2.13"}}
    assert told(imported(control(**named))).source == "aws.config"
    found = told(imported(control(**named, ProductArn=product)))
    assert found.source == "aws.securityhub"
    assert not any(mode.changes for mode in modes(found))


@pytest.mark.parametrize("product", OTHERS)
def test_so_in_the_new_security_hub(product: str) -> None:
    group = control()["Resources"][0]
    assert told(imported(control_v2("EC2.13", group), kind=V2)).source == "aws.config"
    metadata = {"product": {"uid": product.replace(":product/", ":productv2/")}}
    finding_info = {**v2()["finding_info"], "types": ["x"]}
    made = control_v2("EC2.13", group, metadata=metadata, finding_info=finding_info)
    found = told(imported(made, kind=V2))
    assert found.source == "aws.securityhub"
    assert not any(mode.changes for mode in modes(found))


@pytest.mark.parametrize("product", OTHERS)
def test_only_guardduty_itself_reports_findings_of_guardduty(product: str) -> None:
    assert told(imported(asff())).source == "aws.guardduty"
    assert told(imported(asff(ProductArn=product))).source == "aws.securityhub"


def test_no_later_event_leads_from_the_finding_to_another_one() -> None:
    def event(id_: str) -> FindingReceived:
        origin = f'{{"{ORIGIN}": {{"Id": "{id_}", "ProductArn": "arn"}}}}'
        return FindingReceived(finding(source="aws.config", id="c-1"), origin)

    without = FindingReceived(finding(source="aws.config", id="c-1"))
    entries = link(stamp(), None, (without, event("first"), event("second")))
    (found,) = received(Summary.of(entries))
    assert isinstance(found, Received)
    assert found.hub_id == "first"
