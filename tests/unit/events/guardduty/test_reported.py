"""Every finding of GuardDuty reaches a person: of known types, of new ones, and without a resource."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.guardduty.trigger.buckets import BUCKET_TYPES
from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES, Actor
from ringfence.events.guardduty.trigger.instance_types import TYPES, Shape
from ringfence.events.guardduty.trigger.reported import REPORTED_FINDING, REPORTED_TYPES
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples import guardduty_callers as callers
from ringfence.local.samples import guardduty_types as typed
from ringfence.local.samples.guardduty import changed
from ringfence.local.samples.guardduty_types import of_type
from ringfence.model.codec import decode, encode
from ringfence.model.kinds import parse_key
from ringfence.model.kinds.finding import FindingRef
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.delivery import Delivery
from tests.support.samples.shared import shared_file

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

RULES = Delivery(REPORTED_FINDING)
NEW = (
    "Trojan:EC2/SomethingNew",
    "Impact:IAMUser/SomethingNew",
    "Execution:Runtime/SomethingNew",
    "AttackSequence:Quantum/CompromisedQubit",
    "Impact:Bedrock/ModelTheft",
    "Custom:our-rule (team/é)",
    "no type at all",
    "!",
)
POLICY = Policy(accounts=(samples.ACCOUNT,), default=Mode.AUTO)


def found(event: dict[str, Any]) -> Finding:
    told = findings(event)
    assert not isinstance(told, NotForUs), told
    (one,) = told
    return one


def answering(finding: Finding) -> set[str]:
    return {one.id for one in CATALOGUE.values() if one.answers(finding)}


def test_the_pattern_lets_in_all_findings_and_nothing_else() -> None:
    assert not RULES.errors()
    assert RULES.count(of_type("Backdoor:EC2/C&CActivity.B")) == 1
    assert RULES.count(changed(samples.instance_finding(), "source", "aws.securityhub")) == 0
    assert RULES.count(changed(samples.instance_finding(), "detail-type", "GuardDuty Finding (old)")) == 0


@pytest.mark.parametrize("name", [*sorted(REPORTED_TYPES), *NEW])
def test_a_finding_that_nothing_acts_on_is_reported(name: str) -> None:
    finding = found(samples.reported_finding(name))
    assert answering(finding) == {"report-findings"}
    (ref,) = finding.subjects
    decision = decide(POLICY, "report-findings", finding, ref)
    assert decision.mode is Mode.NOTIFY
    assert decision.reason.isprintable()
    assert "person" in decision.reason
    assert parse_key(ref.key) == ref
    assert decode(encode(finding)) == finding


@pytest.mark.parametrize("name", [*sorted(TYPES), *sorted(CREDENTIAL_TYPES), *sorted(BUCKET_TYPES)])
def test_a_finding_that_a_runbook_acts_on_is_not_reported_twice(name: str) -> None:
    event = callers.bucket_finding(name) if name in BUCKET_TYPES else of_type(name)
    assert RULES.answered(event) is False
    assert answering(found(event))


def test_every_published_type_ends_in_a_notice_at_least() -> None:
    names = {
        one["type"]
        for one in json.loads(shared_file("data/guardduty_types.json").read_text("utf-8"))["types"]
    }
    assert len(names) > 200
    for name in names:
        event = callers.bucket_finding(name) if name in BUCKET_TYPES else of_type(name)
        assert answering(found(event)), name


def test_the_reviewed_types_are_in_one_table_and_published() -> None:
    assert not REPORTED_TYPES.keys() & (TYPES.keys() | CREDENTIAL_TYPES.keys() | BUCKET_TYPES)
    published = json.loads(shared_file("data/guardduty_types.json").read_text("utf-8"))["types"]
    assert {one["type"] for one in published} == (
        REPORTED_TYPES.keys() | TYPES.keys() | CREDENTIAL_TYPES.keys() | BUCKET_TYPES
    )


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (samples.workload_finding(resource_type="ECSCluster", host=None), "ECSCluster"),
        (
            callers.bucket_finding(details={"userType": "AWSAccount", "principalId": "AIDAFOREIGN"}),
            "no access key",
        ),
        (callers.bucket_finding(details={"principalId": "ANONYMOUS_PRINCIPAL"}), "no access key"),
        (callers.cluster_finding(details={}), "no access key"),
        (samples.sequence_finding({"uid": "x", "resourceType": "EKS_CLUSTER"}), "AttackSequence:EC2"),
    ],
)
def test_a_known_type_without_a_resource_to_act_on_is_reported(event: dict[str, Any], said: str) -> None:
    finding = found(event)
    assert answering(finding) == {"report-findings"}
    assert said in finding.advice


@pytest.mark.parametrize("name", sorted(one for one, kind in TYPES.items() if kind.shape is Shape.WORKLOAD))
@pytest.mark.parametrize("resource_type", ["Robot", "instance", "S3Bucket", "a\x1b[2Jrobot"])
def test_a_workload_of_an_unknown_kind_is_reported(name: str, resource_type: str) -> None:
    """GuardDuty can begin to monitor another kind of workload. What it finds there must reach a person."""
    finding = found(changed(of_type(name), "detail.resource.resourceType", resource_type))
    assert answering(finding) == {"report-findings"}
    (ref,) = finding.subjects
    decision = decide(POLICY, "report-findings", finding, ref)
    assert decision.mode is Mode.NOTIFY
    assert decision.reason.isprintable()
    assert resource_type.partition("\x1b")[0] in decision.reason


def test_a_workload_of_an_unknown_kind_is_delivered_to_the_runbook_that_reports() -> None:
    event = samples.workload_finding(resource_type="Robot")
    assert RULES.count(event) == 1
    assert answering(found(event)) == {"report-findings"}


@pytest.mark.parametrize(
    "name", sorted(one for one, kind in CREDENTIAL_TYPES.items() if kind.actor is Actor.CLUSTER)
)
def test_a_sequence_about_a_cluster_contains_the_instances_and_the_keys_that_it_names(name: str) -> None:
    finding = found(typed.cluster_sequence(name))
    assert [ref.kind for ref in finding.subjects] == ["access-key", "instance"]
    assert answering(finding) == {"contain-credentials", "contain-instance"}
    assert [decide(POLICY, "*", finding, ref).mode for ref in finding.subjects] == [Mode.AUTO, Mode.AUTO]


def test_a_sequence_that_names_only_instances_is_for_their_runbook_alone() -> None:
    event = changed(samples.sequence_finding(), "detail.type", "AttackSequence:EKS/CompromisedCluster")
    assert answering(found(event)) == {"contain-instance"}


def test_the_policy_may_switch_the_notice_off() -> None:
    finding = found(samples.reported_finding("Object:S3/MaliciousFile"))
    (ref,) = finding.subjects
    off = Policy(
        accounts=(samples.ACCOUNT,), rules=(Rule(Mode.OFF, finding="Object:S3/*"),), default=Mode.AUTO
    )
    assert decide(off, "report-findings", finding, ref).mode is Mode.OFF


@pytest.mark.parametrize(("severity", "code"), [(9, DecisionCode.URGENT), (8.9, DecisionCode.NOTIFY_ONLY)])
def test_what_is_critical_is_urgent(severity: float, code: DecisionCode) -> None:
    finding = found(changed(samples.reported_finding(), "detail.severity", severity))
    assert decide(POLICY, "report-findings", finding, finding.subjects[0]).code is code


def test_the_updates_of_a_finding_are_about_one_subject_and_two_findings_about_two() -> None:
    event = samples.reported_finding()
    later = changed(changed(event, "detail.updatedAt", "2026-03-02T12:00:00Z"), "detail.service.count", 300)
    other = changed(event, "detail.id", "0" * 32)
    assert found(event).subjects == found(later).subjects
    assert found(event).advice == found(later).advice
    assert found(event).subjects != found(other).subjects


@given(name=st.text(min_size=1, max_size=300), id_=st.text("0aZ_.:/-", min_size=1, max_size=256))
def test_any_type_makes_a_subject_that_is_safe_in_keys(name: str, id_: str) -> None:
    event = changed(changed(samples.reported_finding(), "detail.type", name), "detail.id", id_)
    finding = found(event)
    assert all(isinstance(ref, FindingRef) for ref in finding.subjects) or name in CREDENTIAL_TYPES | TYPES
    assert finding.type.isprintable()
    assert len(finding.type) <= 200
