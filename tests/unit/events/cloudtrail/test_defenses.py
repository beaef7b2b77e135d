"""Whoever makes a service see or say less is reported at once, and the patterns agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.cloudtrail.parser.defenses import SHARES
from ringfence.events.cloudtrail.parser.subjects import place
from ringfence.events.cloudtrail.trigger.defenses import CALLS, IMPAIRED_DEFENSES
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.patterns import PATTERN_LIMIT, rule_state
from ringfence.local.samples.calls import by_root, by_user, call_event
from ringfence.local.samples.cloudtrail import by_role
from ringfence.local.samples.guardduty import ACCOUNT, changed
from ringfence.local.samples.of_trigger import impairing_call
from ringfence.model.resource_names import acting_roles
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from tests.support.delivery import Delivery

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

RULES = Delivery(IMPAIRED_DEFENSES)
POLICY = Policy(accounts=(ACCOUNT,), default=Mode.AUTO)
FILTER = impairing_call("guardduty", "CreateFilter")


def found(event: dict[str, Any]) -> Finding:
    told = findings(event)
    assert not isinstance(told, NotForUs), told
    return told[-1]


def test_the_patterns_are_valid_and_deliver_no_call_that_only_reads() -> None:
    assert not RULES.errors()
    assert all(len(one) < PATTERN_LIMIT for one in RULES.patterns)
    assert {rule_state(one) for one in IMPAIRED_DEFENSES.patterns()} == {"ENABLED"}


@pytest.mark.parametrize(("service", "name"), CALLS)
def test_a_person_is_told_of_each_call_as_urgent(service: str, name: str) -> None:
    event = impairing_call(service, name)
    assert RULES.agrees(event)
    assert RULES.count(event) == 1
    finding = found(event)
    (ref,) = finding.subjects
    decision = decide(POLICY, "report-findings", finding, ref)
    assert (decision.mode, decision.code) == (Mode.NOTIFY, DecisionCode.URGENT)
    assert CALLS[service, name].effect in decision.reason
    assert f"{service}:{name}" in finding.title


@pytest.mark.parametrize(("service", "name"), CALLS)
def test_no_other_runbook_undoes_a_call_of_the_table(service: str, name: str) -> None:
    assert place(service, name) is None


@pytest.mark.parametrize(
    "event",
    [
        call_event("guardduty", "CreateFilter", {"name": "f", "action": "NOOP"}),
        call_event("guardduty", "CreateFilter", {"name": "f"}),
        call_event("guardduty", "CreateFilter", None),
        call_event("guardduty", "CreateFilter", {"name": "f", "action": ["NOOP"]}),
        call_event("guardduty", "UpdateFilter", {"filterName": "f", "action": "NOOP"}),
        call_event("guardduty", "CreateMembers", {"detectorId": "0" * 32}),
        call_event("guardduty", "StopMonitoringMembers", {}, error="AccessDenied"),
        call_event("guardduty", "StopMonitoringMembers", {}, identity=by_role(acting_roles()[0])),
        call_event("securityhub", "UpdateStandardsControl", {"controlStatus": "ENABLED"}),
        call_event("logs", "PutAccountPolicy", {"policyType": "FIELD_INDEX_POLICY"}),
        changed(FILTER, "detail.eventSource", "securityhub.amazonaws.com"),
        changed(FILTER, "source", "aws.securityhub"),
        changed(FILTER, "detail-type", "AWS Console Action via CloudTrail"),
    ],
)
def test_what_impairs_nothing_is_neither_delivered_nor_reported(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


def test_an_update_that_keeps_the_action_of_a_filter_is_reported() -> None:
    event = call_event("guardduty", "UpdateFilter", {"filterName": "f", "findingCriteria": {}})
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


def test_a_thousand_calls_of_an_hour_are_few_subjects_and_the_next_hour_and_another_caller_are_told() -> None:
    later = changed(FILTER, "detail.eventTime", "2026-03-01T12:59:59Z")
    next_hour = changed(FILTER, "detail.eventTime", "2026-03-01T13:00:00Z")
    other = changed(FILTER, "detail.userIdentity", by_user("eve"))
    first = found(FILTER)
    assert (found(later).id, found(later).updated_at) == (first.id, first.updated_at)
    assert found(later).advice == first.advice
    assert found(other).subjects != first.subjects
    assert found(next_hour).subjects != first.subjects
    many = [changed(FILTER, "detail.requestParameters.name", f"f{number}") for number in range(1000)]
    told = {(found(one).subjects, found(one).advice) for one in many}
    assert len(told) == SHARES


def test_a_second_call_on_another_resource_is_told_within_the_hour() -> None:
    """Unless both resources happen to share a finding."""
    subjects = {
        found(changed(FILTER, "detail.requestParameters.name", name)).subjects for name in ("f1", "f2", "f3")
    }
    assert len(subjects) > 1


def test_a_new_name_of_the_session_makes_no_new_subject() -> None:
    sessions = [
        found(changed(FILTER, "detail.userIdentity", by_role("oncall", session=name))) for name in ("a", "b")
    ]
    assert len({(one.id, one.subjects, one.advice) for one in sessions}) == 1


@pytest.mark.parametrize(
    ("role", "urgent"), [(f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-eu-west-1", False), ("deployer", True)]
)
def test_a_deployment_by_cloudformation_with_its_role_is_told_as_such_and_not_urgent(
    role: str, *, urgent: bool
) -> None:
    cloudformation = "cloudformation.amazonaws.com"
    identity = {**by_role(role), "invokedBy": cloudformation}
    event = changed(impairing_call("config", "DeleteConfigRule"), "detail.userIdentity", identity)
    finding = found(changed(event, "detail.sourceIPAddress", cloudformation))
    assert ("through CloudFormation" in finding.advice) is not urgent
    assert finding.urgent is urgent


def test_a_call_of_the_root_user_tells_of_both() -> None:
    told = findings(changed(FILTER, "detail.userIdentity", by_root()))
    assert not isinstance(told, NotForUs)
    assert [one.type for one in told] == ["Root:Call", "ImpairDefenses:guardduty:CreateFilter"]


def test_a_hostile_name_does_no_harm() -> None:
    event = changed(FILTER, "detail.requestParameters.name", "\x1b[2J" + "x" * 5000)
    assert found(event).title.isprintable()
    assert len(found(event).title) <= 200
