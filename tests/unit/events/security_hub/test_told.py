"""Findings of other products reach a runbook by the mappings, or a person. A person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.engine.routing import answering
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import incoming
from ringfence.local.samples.guardduty import ACCOUNT, INSTANCE
from ringfence.local.samples.security_hub import asff, imported, v2
from ringfence.model.errors import BadInput
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.mappings import Mapped
from ringfence.policy.policy import Policy
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

Json = dict[str, Any]
FALCON = "arn:aws:securityhub:eu-west-1::product/crowdstrike/crowdstrike-falcon"
V2 = "Findings Imported V2"


def partner(**changed: object) -> Json:
    return imported(asff(**{"ProductArn": FALCON, "Types": ["TTPs/Command and Control/Beacon"], **changed}))


def partner_v2(**changed: object) -> Json:
    product = {"name": "Falcon", "uid": FALCON.replace("::product/", "::productv2/")}
    info = {**v2()["finding_info"], "types": ["TTPs/Command and Control/Beacon"]}
    return imported(v2(metadata={"product": product}, finding_info=info, **changed), kind=V2)


def told(event: Json) -> tuple[Any, Finding]:
    (part,) = incoming(event)
    alone = part.checked()
    found = findings(alone)
    assert not isinstance(found, NotForUs)
    return alone, found[0]


@pytest.mark.parametrize("event", [partner(), partner_v2()], ids=["CSPM", "V2"])
def test_a_person_is_notified_of_a_high_finding_of_a_partner(event: Json) -> None:
    alone, finding = told(event)
    assert answering(alone, CATALOGUE, {}) == ("report-findings",)
    instance, own = finding.subjects
    assert instance.key == f"instance/{ACCOUNT}/eu-west-1/{INSTANCE}"
    assert own.kind == "finding"
    policy = Policy((ACCOUNT,), default=Mode.AUTO)
    assert decide(policy, "report-findings", finding, own).mode is Mode.NOTIFY


@pytest.mark.parametrize("event", [partner(), partner_v2()], ids=["CSPM", "V2"])
def test_a_mapped_runbook_answers_and_a_person_approves(event: Json) -> None:
    alone, finding = told(event)
    mappings = (Mapped("crowdstrike-*", "contain-instance", "TTPs/Command and Control/*"),)
    assert answering(alone, CATALOGUE, {}, mappings) == ("contain-instance",)
    made = decide(Policy((ACCOUNT,), default=Mode.AUTO), "contain-instance", finding, finding.subjects[0])
    assert made.mode is Mode.APPROVE
    assert "a person approves" in made.reason
    cautious = Policy((ACCOUNT,), default=Mode.DRY_RUN)
    assert decide(cautious, "contain-instance", finding, finding.subjects[0]).mode is Mode.DRY_RUN


def test_a_low_finding_of_a_partner_has_a_reason() -> None:
    alone, _ = told(partner(Severity={"Label": "LOW"}))
    to = answering(alone, CATALOGUE, {})
    assert isinstance(to, NotForUs)
    assert "severity 1 is below 7" in to.reason


def test_what_a_partner_wrote_is_bounded_and_safe_to_show() -> None:
    _, finding = told(partner(Id="\x1b[2J" * 400, Title="x\x1b[2J" * 900, Types=["\x1b[2J" * 90 + "T"]))
    assert "\x1b" not in f"{finding.id}{finding.title}{finding.type}{finding.subjects[-1].key}"
    assert len(finding.title) <= 600


def test_an_unknown_severity_names_the_value() -> None:
    (part,) = incoming(partner(Severity={"Label": "HUGE"}))
    with pytest.raises(BadInput, match=r"detail.findings\[0\].Severity.Label.*HUGE"):
        part.checked()


def test_no_product_can_name_a_finding_of_another_one() -> None:
    own = f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:product/{ACCOUNT}/default"
    (_, first), (_, second) = told(partner(Id="det-1")), told(partner(Id="det-1", ProductArn=own))
    assert first.id != second.id
    assert not set(first.subjects[1:]) & set(second.subjects[1:])


def test_a_finding_has_one_id_in_both_versions_of_security_hub() -> None:
    info = {**v2()["finding_info"], "types": ["TTPs/Command and Control/Beacon"], "uid": "det-1"}
    product = {"name": "Falcon", "uid": FALCON.replace("::product/", "::productv2/")}
    newer = imported(v2(metadata={"product": product}, finding_info=info), kind=V2)
    assert told(newer)[1].id == told(partner(Id="det-1"))[1].id


def test_an_old_finding_has_its_region_in_its_resources() -> None:
    resource = {"Type": "Other", "Id": "x", "Region": "eu-north-1"}
    _, finding = told(partner(Region=None, Resources=[{"Type": "Other", "Id": "y"}, resource]))
    assert finding.region == "eu-north-1"
    (part,) = incoming(partner(Region=None, Resources=[{"Type": "Other", "Id": "y"}]))
    with pytest.raises(BadInput, match=r"detail.findings\[0\].Region: is required"):
        part.checked()
