"""Whether selectors record everything that others did is decided on the safe side."""

from __future__ import annotations

from itertools import product
from math import isqrt
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.observations.logging.coverage import MOST_PARTS, covers, uncovered
from ringfence.observations.logging.selectors import (
    DEFAULT,
    AdvancedSelector,
    BasicSelector,
    Condition,
    DataResource,
)
from tests.support.strategies.logging import FIELDS, FUNCTIONS, OBJECTS, advanced, basic, selectors

if TYPE_CHECKING:
    from ringfence.observations.logging.selectors import Selector, Selectors

Event = dict[str, str]
EVENTS: tuple[Event, ...] = tuple(
    dict(zip(FIELDS, values, strict=True)) for values in product(*FIELDS.values())
)
"""Events of every kind that the drawn selectors speak of, in every combination."""


def logs(selectors: Selectors, event: Event) -> bool:
    """Say, as CloudTrail's guide does, whether an event is recorded: by any selector."""
    return any(_logs(one, event) for one in selectors)


def _logs(selector: Selector, event: Event) -> bool:
    if isinstance(selector, AdvancedSelector):
        return all(_meets(one, event[one.field]) for one in selector.conditions)
    if selector.read_write != "All" and (event["readOnly"] == "true") != (selector.read_write == "ReadOnly"):
        return False
    if event["eventCategory"] == "Management":
        return selector.management and event["eventSource"] not in selector.excluded
    return any(_names(one, event) for one in selector.resources)


def _meets(condition: Condition, text: str) -> bool:
    selects = (
        *(text == one for one in condition.equals),
        *(text.startswith(one) for one in condition.starts_with),
        *(text.endswith(one) for one in condition.ends_with),
    )
    excludes = (
        *(text == one for one in condition.not_equals),
        *(text.startswith(one) for one in condition.not_starts_with),
        *(text.endswith(one) for one in condition.not_ends_with),
    )
    return (any(selects) or not selects) and not any(excludes)


def _names(resource: DataResource, event: Event) -> bool:
    if event["resources.type"] != resource.type:
        return False
    arn = event["resources.ARN"]
    everything = ("arn:aws:s3", "arn:aws:s3:::", "arn:aws:lambda")
    by_prefix = resource.type == "AWS::S3::Object"
    return any(
        one in everything or arn == one or (by_prefix and arn.startswith(one)) for one in resource.values
    )


@given(before=selectors(), now=selectors())
def test_what_is_said_to_be_covered_is_recorded(before: Selectors, now: Selectors) -> None:
    if not uncovered(before, now):
        lost = [event for event in EVENTS if logs(before, event) and not logs(now, event)]
        assert lost == []


@given(before=selectors(), more=selectors())
def test_selectors_cover_themselves_and_more_covers_less(before: Selectors, more: Selectors) -> None:
    assert uncovered(before, before | more) == frozenset()


@given(selector=basic())
def test_reading_and_writing_apart_are_everything_together(selector: BasicSelector) -> None:
    apart = frozenset(
        BasicSelector(way, selector.management, selector.excluded, selector.resources)
        for way in ("ReadOnly", "WriteOnly")
    )
    assert covers(apart, selector)


@given(selector=basic(), one=st.sampled_from(("kms.amazonaws.com", "rdsdata.amazonaws.com")))
def test_a_source_that_is_excluded_anew_is_lost(selector: BasicSelector, one: str) -> None:
    less = BasicSelector(
        selector.read_write, selector.management, selector.excluded | {one}, selector.resources
    )
    assert covers(frozenset({less}), selector) == (not selector.management or one in selector.excluded)


@given(selector=basic())
def test_an_advanced_selector_without_conditions_on_resources_covers_basic_ones(
    selector: BasicSelector,
) -> None:
    everything = frozenset(
        AdvancedSelector(frozenset({Condition("eventCategory", frozenset({category}))}))
        for category in ("Management", "Data")
    )
    assert covers(everything, selector)


@given(selector=advanced())
def test_an_advanced_selector_with_a_condition_less_covers_it(selector: AdvancedSelector) -> None:
    fields = [one.field for one in selector.conditions]
    if len(set(fields)) < len(fields):
        return
    for one in selector.conditions:
        assert covers(frozenset({AdvancedSelector(selector.conditions - {one})}), selector)


@example(values=frozenset(OBJECTS))
@given(values=st.frozensets(st.sampled_from((*OBJECTS, "arn:aws:s3:::other/")), min_size=2))
def test_resources_may_be_shared_out_among_selectors(values: frozenset[str]) -> None:
    def of(some: frozenset[str]) -> BasicSelector:
        return BasicSelector(resources=frozenset({DataResource("AWS::S3::Object", some)}))

    apart = frozenset(of(frozenset({one})) for one in values)
    assert covers(apart, of(values))


def test_a_function_is_meant_as_a_whole_and_an_object_by_its_beginning() -> None:
    def on(kind: str, arn: str) -> BasicSelector:
        return BasicSelector(management=False, resources=frozenset({DataResource(kind, frozenset({arn}))}))

    one, longer = FUNCTIONS
    assert longer.startswith(one)
    assert not covers(frozenset({on("AWS::Lambda::Function", one)}), on("AWS::Lambda::Function", longer))
    shorter, within = OBJECTS[:2]
    assert covers(frozenset({on("AWS::S3::Object", shorter)}), on("AWS::S3::Object", within))
    assert not covers(frozenset({on("AWS::S3::Object", within)}), on("AWS::S3::Object", shorter))


@pytest.mark.parametrize(
    "now",
    [
        BasicSelector(read_write="WriteOnly"),
        BasicSelector(management=False),
        BasicSelector(excluded=frozenset({"kms.amazonaws.com"})),
        AdvancedSelector(
            frozenset(
                {
                    Condition("eventCategory", frozenset({"Management"})),
                    Condition("eventName", not_equals=frozenset({"StopLogging"})),
                }
            )
        ),
    ],
)
def test_management_events_are_missed(now: Selector) -> None:
    assert uncovered(DEFAULT, frozenset({now})) == DEFAULT


def test_a_selector_in_too_many_parts_is_held_against_the_others_as_one() -> None:
    """Not cut up, what two selectors share is not seen to be everything: in doubt it is not."""
    some = frozenset(f"name-{number}" for number in range(isqrt(MOST_PARTS) + 1))

    def of(*ways: str) -> AdvancedSelector:
        fields = {"eventName": some, "resources.ARN": some, "readOnly": frozenset(ways)}
        return AdvancedSelector(frozenset(Condition(field, texts) for field, texts in fields.items()))

    both = of("true", "false")
    assert covers(frozenset({both}), both)
    assert not covers(frozenset({of("true"), of("false")}), both)
