"""What of Ringfence is switched on again, because of which calls, and what is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.cloudtrail.trigger.switched_off import CALLS_THAT_SWITCH_OFF, PREFIX, switched_off
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.local.samples.calls import call_event
from ringfence.local.samples.cloudtrail import by_role
from ringfence.local.samples.guardduty import ACCOUNT, REGION, changed
from ringfence.local.samples.of_trigger import switching_call
from ringfence.model.call import Failed
from ringfence.model.document import Document
from ringfence.model.incident import Incident
from ringfence.model.kinds.event_rule import EventRuleRef
from ringfence.observations.delivery.declared import declared, stack_of_rule
from ringfence.observations.delivery.listing import switched_off_subjects
from ringfence.remediations.enable_event_rule import EnableEventRule, EventRuleState
from ringfence.remediations.enable_event_source_mapping import (
    EnableEventSourceMapping,
    EventSourceMappingState,
)
from ringfence.remediations.restore_concurrency import ReservedConcurrency, RestoreConcurrency
from ringfence.runbooks.restore_delivery import RESTORE_DELIVERY
from tests.support.delivery import Delivery
from tests.support.strategies.restore_delivery import (
    DISABLED_MAPPING,
    FUNCTION,
    MAPPING,
    PATTERN,
    READS_TOO,
    RULE,
    seen,
    template,
)
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

INCIDENT = Incident("inc-1", NOON)
CFN = "cloudformation.amazonaws.com"
EXECUTES = f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"
CALLS = {f"{service}:{name}": (service, name) for service, name in CALLS_THAT_SWITCH_OFF}


def found(event: dict[str, Any]) -> list[Finding]:
    told = findings(event)
    assert not isinstance(told, NotForUs), told
    return [one for one in told if one.type.startswith(PREFIX)]


def planned(ref: Ref, observation: Observation) -> tuple[Step, ...]:
    (stage,) = RESTORE_DELIVERY.stages
    return stage.on(ref).plan(seen(ref, observation), INCIDENT)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_each_call_is_a_finding_about_the_resource_and_each_is_another_one(call: tuple[str, str]) -> None:
    event = switching_call(*call)
    (finding,) = found(event)
    kind = CALLS_THAT_SWITCH_OFF[call].kind
    assert [one.kind for one in finding.subjects] == [kind]
    assert switched_off(*call).matches(finding)
    assert Delivery(switched_off(*call)).count(event) == 1
    (later,) = found(changed(event, "detail.eventID", "0f1e2d3c-0000-4000-8000-665544332211"))
    assert (later.id, later.subjects) != (finding.id, finding.subjects)
    assert later.subjects == finding.subjects


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_deployment_may_switch_off_what_it_wants(call: tuple[str, str]) -> None:
    identity = {**by_role(EXECUTES, session="AWSCloudFormation"), "invokedBy": CFN}
    event = changed(switching_call(*call, identity=identity), "detail.sourceIPAddress", CFN)
    assert found(event) == []
    assert found(changed(event, "detail.sourceIPAddress", "203.0.113.9")) != []
    other = {**by_role(EXECUTES.replace("hnb659fds", "mine"), session="AWSCloudFormation"), "invokedBy": CFN}
    assert found(changed(event, "detail.userIdentity", other)) != []


def test_a_record_without_the_id_of_the_mapping_is_still_told_as_urgent() -> None:
    named = {"functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:ringfence-operate"}
    event = call_event("lambda", "UpdateEventSourceMapping20150331", {}, named)
    assert found(event) == []
    told = findings(event)
    assert not isinstance(told, NotForUs)
    assert [one.urgent for one in told] == [True]


@pytest.mark.parametrize(
    "name",
    [
        "ringfence-operate",
        "arn:aws:lambda:eu-west-1:111122223333:function:ringfence-operate",
        "111122223333:function:ringfence-operate",
        "arn:aws:lambda:eu-west-1:111122223333:function:ringfence-operate:provisioned",
    ],
)
def test_a_function_has_one_name_in_whatever_form_a_call_names_it(name: str) -> None:
    (finding,) = found(call_event("lambda", "PutFunctionConcurrency20171031", {"functionName": name}))
    assert finding.subjects == (FUNCTION,)


RULES = {
    "disabled": (EventRuleState("DISABLED", "ENABLED", PATTERN), ("ENABLED", "")),
    "of root": (EventRuleState("DISABLED", READS_TOO, PATTERN), (READS_TOO, PATTERN)),
    "declared as disabled": (EventRuleState("DISABLED", "DISABLED", PATTERN), None),
    "in no stack": (EventRuleState("DISABLED", "", PATTERN), None),
    "enabled": (EventRuleState("ENABLED", "ENABLED", PATTERN), None),
    "delivers less": (EventRuleState("ENABLED", READS_TOO, PATTERN), None),
}


@pytest.mark.parametrize(("observation", "after"), RULES.values(), ids=RULES)
def test_a_rule_gets_the_state_that_its_stack_declares_and_no_other(
    observation: EventRuleState, after: tuple[str, str] | None
) -> None:
    wanted = () if after is None else (EnableEventRule(RULE.id, "DISABLED", *after),)
    assert planned(RULE, observation) == wanted


MAPPINGS = {
    "disabled": (EventSourceMappingState(enabled=False, declared=True), "enable"),
    "enabled": (EventSourceMappingState(enabled=True, declared=True), ""),
    "changing": (EventSourceMappingState(enabled=False, readable=False, declared=True), ""),
    "not declared": (EventSourceMappingState(enabled=False, declared=False), ""),
}


@pytest.mark.parametrize(("observation", "change"), MAPPINGS.values(), ids=MAPPINGS)
def test_a_mapping_is_enabled_if_its_stack_declares_that(
    observation: EventSourceMappingState, change: str
) -> None:
    step = EnableEventSourceMapping(MAPPING.id, before=False, after=True)
    assert planned(MAPPING, observation) == ((step,) if change else ())


CONCURRENCIES = {
    "stopped": (ReservedConcurrency(0, known=True), (0, None)),
    "slowed": (ReservedConcurrency(3, known=True), (3, None)),
    "below the declared number": (ReservedConcurrency(0, known=True, declared=5), (0, 5)),
    "as declared": (ReservedConcurrency(5, known=True, declared=5), None),
    "above": (ReservedConcurrency(9, known=True, declared=5), None),
    "without the declared reservation": (ReservedConcurrency(None, known=True, declared=5), None),
    "in no stack": (ReservedConcurrency(0), None),
}


@pytest.mark.parametrize(("observation", "values"), CONCURRENCIES.values(), ids=CONCURRENCIES)
def test_a_function_may_run_as_often_at_a_time_as_its_stack_declares(
    observation: ReservedConcurrency, values: tuple[int, int | None] | None
) -> None:
    wanted = () if values is None else (RestoreConcurrency(FUNCTION.id, *values),)
    assert planned(FUNCTION, observation) == wanted


def test_a_resource_is_declared_by_its_id_and_its_type_and_by_a_stack_that_exists() -> None:
    answers = (
        Failed("ValidationError", "Stack with id Ringfence-Audit does not exist"),
        Failed("ValidationError", "Stack with id Ringfence-Audit does not exist"),
        Document.of(
            template(Rule={"State": "DISABLED"})
            | {
                "TemplateBody": {
                    "Resources": {"Rule": {"Type": "AWS::Events::Rule", "Properties": {"State": "DISABLED"}}}
                }
            }
        ),
        Document.of(
            {
                "StackResourceSummaries": [
                    {
                        "LogicalResourceId": "Rule",
                        "PhysicalResourceId": f"default|{RULE.id}",
                        "ResourceType": "AWS::Events::Rule",
                    }
                ]
            }
        ),
    )
    assert declared(answers, "AWS::Events::Rule", RULE.id) == {"State": "DISABLED"}
    assert declared(answers, "AWS::Lambda::Function", RULE.id) is None
    assert declared(answers, "AWS::Events::Rule", f"{RULE.id}X") is None


def test_only_the_stack_with_the_name_of_the_rule_is_read() -> None:
    forwarding = EventRuleRef(ACCOUNT, "eu-west-3", "Ringfence-Forward-eu-west-3-Rule1-0A1B2C")
    assert stack_of_rule(forwarding) == ("Ringfence-Forward-eu-west-3",)
    assert stack_of_rule(RULE) == ("Ringfence-Response",)
    assert stack_of_rule(EventRuleRef(ACCOUNT, REGION, "Ringfence-Strange")) == ()


def test_the_review_lists_what_is_off_and_skips_names_that_are_not_ringfences() -> None:
    reading = switched_off_subjects(ACCOUNT, REGION)
    next(reading)
    ours = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION.id}"
    calls = reading.send(
        (
            Document.of({"Rules": [
                {"Name": RULE.id, "State": "DISABLED"},
                {"Name": "Ringfence-Enabled", "State": "ENABLED"},
                {"Name": "Ringfence-\x1b[2J", "State": "DISABLED"},
            ]}),
            Document.of({"EventSourceMappings": [
                {"UUID": MAPPING.id, "FunctionArn": ours, "State": "Disabled"},
                {"UUID": MAPPING.id.replace("0", "1"), "FunctionArn": ours, "State": "Enabled"},
                {"UUID": MAPPING.id.replace("0", "2"), "FunctionArn": "x:function:y", "State": "Disabled"},
            ]}),
            Document.of({"StackResourceSummaries": [
                {"ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": FUNCTION.id},
                {"ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": "ringfence-notify"},
            ]}),
        )
    )  # fmt: skip
    assert [call.parameters["FunctionName"] for call in calls] == [FUNCTION.id, "ringfence-notify"]
    with pytest.raises(StopIteration) as end:
        reading.send((Document.of({"ReservedConcurrentExecutions": 0}), Document.of({})))
    assert end.value.value.refs == (RULE, MAPPING, FUNCTION)


def test_the_types_are_those_of_the_triggers() -> None:
    types = {name for trigger in RESTORE_DELIVERY.triggers for name in trigger.types}
    assert types == {one.type for one in CALLS_THAT_SWITCH_OFF.values()} | {"Review:delivery"}
    assert DISABLED_MAPPING in types
