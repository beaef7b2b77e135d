"""Results of a scan as Compliance Findings of OCSF: valid by the schema, whatever an item contains."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ringfence.posture.ocsf import compliance_finding
from ringfence.posture.rule import Resource, Result, Status
from tests.support.ocsf import check
from tests.support.posture import SHIPPED

AT = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
RULES = [one.rule for one in SHIPPED]
HOSTILE = "\x1b[2J<script>\ud800\u202e\n" * 2_000


def resource(type_: str, id_: str = "one", region: str = "eu-west-1") -> Resource:
    return Resource(type_, "111122223333", region, id_, id_, {}, {})


@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.name)
def test_every_status_of_every_shipped_rule_is_valid(rule: object) -> None:
    for status in Status:
        for region in ("eu-west-1", "global"):
            one = Result(rule.name, resource(rule.resource_types[0], region=region), status, ("why",))  # type: ignore[attr-defined]  # a rule
            check(compliance_finding(one, rule, AT, "ringfence run"))  # type: ignore[arg-type]  # likewise


def test_what_somebody_chose_stays_a_valid_event() -> None:
    rule = RULES[0]
    one = Result(rule.name, resource(rule.resource_types[0], HOSTILE), Status.FAILED, (HOSTILE,) * 100)
    event = compliance_finding(one, rule, AT, HOSTILE)
    check(event)
    assert "\x1b" not in str(event["message"])


def test_the_same_result_has_the_same_finding_in_every_scan() -> None:
    rule = RULES[0]
    failed, passed = (
        Result(rule.name, resource(rule.resource_types[0]), one) for one in (Status.FAILED, Status.PASSED)
    )
    events = [compliance_finding(one, rule, AT, "") for one in (failed, passed)]
    ids = {event["finding_info"]["uid"] for event in events}  # type: ignore[index]  # an object
    assert len(ids) == 1
    assert [event["status"] for event in events] == ["New", "Resolved"]
    assert [event["compliance"]["status"] for event in events] == ["Fail", "Pass"]  # type: ignore[index]  # likewise
    other = Result(rule.name, resource(rule.resource_types[0], "two"), Status.FAILED)
    assert compliance_finding(other, rule, AT, "")["finding_info"]["uid"] not in ids  # type: ignore[index]  # likewise


def test_what_was_not_looked_at_has_no_verdict() -> None:
    rule = RULES[0]
    one = Result(rule.name, resource(rule.resource_types[0]), Status.NOT_ASSESSED, ("was not read",))
    compliance = compliance_finding(one, rule, AT, "")["compliance"]
    assert compliance["status"] == "Unknown"  # type: ignore[index]  # an object
