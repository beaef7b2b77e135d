"""What Security Hub contains is read at the place of the finding, while it is open, and once."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import contains_findings, incoming
from ringfence.local.samples.calls import call_event
from ringfence.local.samples.security_hub import asff, control, control_v2, imported, v2
from ringfence.model.errors import BadInput

Json = dict[str, Any]
V2 = "Findings Imported V2"
OTHER = "444455556666"
GROUP = control()["Resources"][0]


def only(event: Json) -> Any:  # noqa: ANN401 - JSON, or a reason
    """Return the event of the one finding in an event, or the reason why there is none."""
    (part,) = incoming(event)
    return part.checked()


def reason(event: Json) -> str:
    found = only(event)
    assert isinstance(found, NotForUs)
    return found.reason


def test_a_finding_of_guardduty_is_the_same_in_both_and_has_guarddutys_id() -> None:
    told = [findings(only(one)) for one in (imported(asff()), imported(v2(), kind=V2))]
    ((first,), (second,)) = told  # type: ignore[misc]  # findings, no reasons
    assert first.id == second.id == "46ba0ac2845071e2"
    assert (first.type, first.account, first.region, first.subjects) == (
        *(second.type, second.account, second.region),
        second.subjects,
    )
    assert first.updated_at == second.updated_at


def test_the_severity_of_the_new_security_hub_is_the_lowest_of_its_level() -> None:
    """GuardDuty says the exact one, and a higher one than GuardDuty's would refute the finding."""
    ((found,),) = (findings(only(imported(v2(severity_id=5), kind=V2))),)  # type: ignore[misc]
    assert found.severity == 9.0


def test_the_place_is_the_findings_and_not_that_of_the_administrators_event() -> None:
    resource = {**asff()["Resources"][0], "Region": "eu-north-1"}
    finding = asff(AwsAccountId=OTHER, Region="eu-north-1", Resources=[resource])
    event = only(imported(finding))
    assert (event["account"], event["region"]) == (OTHER, "eu-north-1")
    assert (event["detail"]["accountId"], event["detail"]["region"]) == (OTHER, "eu-north-1")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"RecordState": "ARCHIVED"}, "record state is ARCHIVED"),
        ({"Workflow": {"Status": "SUPPRESSED"}}, "workflow status is SUPPRESSED"),
        ({"Workflow": {"Status": "RESOLVED"}}, "workflow status is RESOLVED"),
        ({"Compliance": {"Status": "WARNING"}}, "status is WARNING, and Ringfence answers only FAILED"),
        ({"Compliance": {"Status": "\x1b[2J"}}, r"\x1b[2J"),
    ],
)
def test_a_finding_that_is_not_open_has_a_reason(changed: Json, why: str) -> None:
    assert why in reason(imported(control(**changed)))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"status_id": 3}, "the finding is suppressed"),
        ({"status_id": 4}, "the finding is resolved"),
        ({"status_id": 5}, "the finding is archived"),
        ({"activity_id": 3}, "the finding is closed"),
        ({"compliance": {"control": "EC2.13", "status": "Pass", "status_id": 1}}, "status is Pass"),
    ],
)
def test_a_finding_that_is_not_open_in_the_new_one_has_a_reason(changed: Json, why: str) -> None:
    assert why in reason(imported(control_v2("EC2.13", GROUP, **changed), kind=V2))


def test_a_finding_that_people_were_notified_of_is_open() -> None:
    assert only(imported(control(Workflow={"Status": "NOTIFIED"})))["source"] == "aws.config"


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (v2(resources=[]), r"detail.findings\[0\].resources: must name the affected resource"),
        (v2(severity_id=99), r"detail.findings\[0\].severity_id: must be one of .*99"),
        (v2(finding_info={"uid": "x", "types": ["Threats"]}), "finding_info.types: must contain GuardDuty"),
        (v2(metadata={}), "metadata.product"),
    ],
)
def test_a_bad_finding_of_the_new_one_names_the_field(finding: Json, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        only(imported(finding, kind=V2))


def test_calls_of_security_hub_and_other_events_are_read_as_before() -> None:
    call = call_event("securityhub", "DisableSecurityHub", {})
    assert not contains_findings(call)
    insight = imported(kind="Security Hub Insight Results")
    assert not contains_findings(insight)
    (part,) = incoming(insight)
    found = findings(part.checked())
    assert isinstance(found, NotForUs)
    assert "the results of an insight are counts" in found.reason
