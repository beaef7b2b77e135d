"""The worlds of `restore-delivery`: resources of Ringfence that are on or off, and declared or not."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.model.kinds.event_rule import EventRuleRef
from ringfence.model.kinds.event_source_mapping import EventSourceMappingRef
from ringfence.model.kinds.function import FunctionRef
from ringfence.model.observation import ResourceState
from ringfence.remediations.enable_event_rule import EnableEventRule, EventRuleState
from ringfence.remediations.enable_event_source_mapping import (
    EnableEventSourceMapping,
    EventSourceMappingState,
)
from ringfence.remediations.restore_concurrency import ReservedConcurrency, RestoreConcurrency
from ringfence.runbooks.restore_delivery import RESTORE_DELIVERY
from tests.support.runbook_worlds import Case, Worlds, by_observations, independent, of
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import SearchStrategy

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

RULE = EventRuleRef(REF.account, REF.region, EventRuleRef.example)
MAPPING = EventSourceMappingRef(REF.account, REF.region, EventSourceMappingRef.example)
FUNCTION = FunctionRef(REF.account, REF.region, FunctionRef.example)
REVIEWED = "Review:delivery"
DISABLED_RULE, PUT_RULE, DISABLED_MAPPING, REDUCED = (
    f"SwitchedOff:{one}"
    for one in (
        "events:DisableRule",
        "events:PutRule",
        "lambda:UpdateEventSourceMapping",
        "lambda:PutFunctionConcurrency",
    )
)
READS_TOO = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
PATTERN = '{"source": ["aws.signin"]}'
NOTHING: tuple[Observation, ...] = (EventRuleState(), EventSourceMappingState(), ReservedConcurrency())
LOGICAL = {"Rule0A1B2C": RULE.id, "Mapping0A1B2C": MAPPING.id, "Operate0A1B2C": FUNCTION.id}
TYPES = {
    "Rule0A1B2C": "AWS::Events::Rule",
    "Mapping0A1B2C": "AWS::Lambda::EventSourceMapping",
    "Operate0A1B2C": "AWS::Lambda::Function",
}


def template(**properties: Mapping[str, object]) -> dict[str, object]:
    """Make a template with the resources of Ringfence."""
    resources = {id_: {"Type": type_, "Properties": properties.get(id_, {})} for id_, type_ in TYPES.items()}
    return {"TemplateBody": {"Resources": resources}}


RESOURCES = {
    "StackResourceSummaries": [
        {
            "LogicalResourceId": id_,
            "PhysicalResourceId": LOGICAL[id_],
            "ResourceType": type_,
            "LastUpdatedTimestamp": NOON,
            "ResourceStatus": "CREATE_COMPLETE",
        }
        for id_, type_ in TYPES.items()
    ]
}
ANSWERS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "cloudformation:GetTemplate": (
        template(),
        template(Rule0A1B2C={"State": "DISABLED"}, Operate0A1B2C={"ReservedConcurrentExecutions": 5}),
        {"TemplateBody": {}},
    ),
    "cloudformation:ListStackResources": (RESOURCES, {"StackResourceSummaries": []}),
    "events:DescribeRule": (
        {"Name": RULE.id, "State": "DISABLED", "EventPattern": PATTERN, "Description": "Root"},
        {"Name": RULE.id, "State": "ENABLED"},
    ),
    "events:ListRules": ({"Rules": [{"Name": RULE.id, "State": "DISABLED"}]}, {"Rules": []}),
    "lambda:GetEventSourceMapping": (
        {"UUID": MAPPING.id, "State": "Disabled"},
        {"UUID": MAPPING.id, "State": "Enabling"},
    ),
    "lambda:ListEventSourceMappings": (
        {
            "EventSourceMappings": [
                {
                    "UUID": MAPPING.id,
                    "State": "Disabled",
                    "FunctionArn": f"arn:aws:lambda:{REF.region}:{REF.account}:function:ringfence-operate",
                }
            ]
        },
        {"EventSourceMappings": []},
    ),
    "lambda:GetFunctionConcurrency": ({"ReservedConcurrentExecutions": 0}, {}),
}


def seen(ref: Ref, observation: Observation) -> ResourceState:
    """Return a resource with one observation. The others show nothing of it."""
    return ResourceState(ref, {type(one): one for one in (*NOTHING, observation)})


OFF = EventRuleState("DISABLED", "ENABLED", PATTERN, "Root")
OFF_WITH_READS = EventRuleState("DISABLED", READS_TOO, PATTERN, "Root")
WAITING = EventSourceMappingState(enabled=False, readable=True, declared=True)
STOPPED = ReservedConcurrency(0, known=True)
SLOWED = ReservedConcurrency(1, known=True, declared=5)


@cache
def states() -> SearchStrategy[ResourceState]:
    """Any of the three, on or off, declared or not."""
    words = st.sampled_from(("ENABLED", "DISABLED", READS_TOO))
    numbers = st.none() | st.integers(0, 6)
    return st.one_of(
        st.builds(
            EventRuleState, words, words | st.just(""), st.just(PATTERN), st.sampled_from(("", "Root"))
        ).map(lambda one: seen(RULE, one)),
        st.builds(EventSourceMappingState, st.booleans(), st.just(True), st.booleans()).map(
            lambda one: seen(MAPPING, one)
        ),
        st.builds(ReservedConcurrency, numbers, st.booleans(), numbers).map(lambda one: seen(FUNCTION, one)),
    )


@cache
def incidents() -> SearchStrategy[Incident]:
    """One incident, because of any findings, before or after a resource was switched on."""
    types = st.sampled_from((DISABLED_RULE, PUT_RULE, DISABLED_MAPPING, REDUCED, REVIEWED))
    return st.builds(
        Incident,
        id=st.just("inc-1"),
        opened_at=st.just(NOON),
        types=st.lists(types, max_size=2, unique=True).map(tuple),
        past=st.sampled_from(((), *((one,) for one in steps()))),
    )


@cache
def steps() -> tuple[Step, ...]:
    """Return every class of step."""
    return (
        EnableEventRule(RULE.id, "DISABLED", "ENABLED"),
        EnableEventRule(RULE.id, "DISABLED", READS_TOO, PATTERN, "Root"),
        EnableEventRule(RULE.id, "DISABLED", READS_TOO, PATTERN),
        EnableEventSourceMapping(MAPPING.id, before=False, after=True),
        RestoreConcurrency(FUNCTION.id, 0, None),
        RestoreConcurrency(FUNCTION.id, 0, 5),
    )


CASES = {
    "rule": Case(RESTORE_DELIVERY, seen(RULE, OFF), (DISABLED_RULE,)),
    "rule-of-root": Case(RESTORE_DELIVERY, seen(RULE, OFF_WITH_READS), (PUT_RULE,)),
    "mapping": Case(RESTORE_DELIVERY, seen(MAPPING, WAITING), (DISABLED_MAPPING,)),
    "stopped-function": Case(RESTORE_DELIVERY, seen(FUNCTION, STOPPED), (REDUCED,)),
    "slowed-function": Case(RESTORE_DELIVERY, seen(FUNCTION, SLOWED), (REDUCED,)),
}
WORLDS = Worlds(
    RESTORE_DELIVERY,
    CASES,
    independent(by_observations(states), incidents),
    steps,
    of(RULE, MAPPING, FUNCTION),
)
