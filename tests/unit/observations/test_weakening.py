"""What of a trail is weaker than its baseline, and what is put back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from ringfence.observations.logging.coverage import uncovered
from ringfence.observations.logging.selectors import (
    DEFAULT,
    AdvancedSelector,
    BasicSelector,
    Condition,
    DataResource,
    Insight,
    Selectors,
)
from ringfence.observations.logging.trails import TrailOptions, TrailSetup
from ringfence.observations.logging.weakening import (
    ASPECTS,
    MOST_RESOURCES,
    MOST_VALUES,
    aspect,
    restored,
    restored_selectors,
    weaker,
)
from tests.support.fakes.logging_answers import KEY_ARN, LOG_GROUP, LOG_ROLE, TOPIC
from tests.support.strategies.logging import FOREIGN_KEY, selectors, trail_options, trail_setups
from tests.support.worlds import REF

OPTIONS = TrailOptions(
    "logs-of-everybody",
    "trail",
    TOPIC,
    multi_region=True,
    organization=True,
    validation=True,
    log_group=LOG_GROUP,
    log_role=LOG_ROLE,
    key=KEY_ARN,
)
WEAK: dict[str, dict[str, Any]] = {
    "destination": {"bucket": "bucket-of-somebody"},
    "regions": {"multi_region": False, "global_events": False},
    "organization": {"organization": False},
    "validation": {"validation": False},
    "log-group": {"log_group": "", "log_role": ""},
    "key": {"key": ""},
    "topic": {"topic": ""},
    "recursive": {"recursive": False},
}


def lacks(before: TrailSetup, now: TrailSetup) -> tuple[str, ...]:
    return weaker(before, now, REF.account)


def test_a_trail_is_not_weaker_than_itself() -> None:
    assert lacks(TrailSetup(OPTIONS), TrailSetup(OPTIONS)) == ()


@pytest.mark.parametrize("id_", WEAK)
def test_each_weakening_is_seen_said_and_put_back(id_: str) -> None:
    before, now = TrailSetup(OPTIONS), TrailSetup(replace(OPTIONS, **WEAK[id_]))
    assert lacks(before, now) == (aspect(id_).words,)
    assert restored(before, now, REF.account) == before


def test_every_option_is_of_one_aspect() -> None:
    fields = [field for one in ASPECTS for field in one.fields]
    assert sorted(fields) == sorted(vars(OPTIONS))
    assert set(WEAK) == {one.id for one in ASPECTS}


@pytest.mark.parametrize("field", ["bucket", "prefix", "topic", "log_group", "log_role", "key"])
def test_another_place_or_key_is_weaker(field: str) -> None:
    other: dict[str, Any] = {field: "another"}
    assert lacks(TrailSetup(OPTIONS), TrailSetup(replace(OPTIONS, **other)))


def test_a_key_of_ones_own_where_none_was_is_stronger_and_another_accounts_is_not() -> None:
    """Who owns the key can take it away, and with it everything that was recorded."""
    bare = TrailSetup(TrailOptions("logs-of-everybody"))
    own = replace(bare, options=replace(bare.options, key=KEY_ARN))
    foreign = replace(bare, options=replace(bare.options, key=FOREIGN_KEY))
    assert lacks(bare, own) == ()
    assert lacks(bare, foreign) == (aspect("key").words,)
    assert restored(bare, foreign, REF.account) == bare


def test_everything_switched_on_is_stronger() -> None:
    assert lacks(TrailSetup(TrailOptions("logs-of-everybody", "trail")), TrailSetup(OPTIONS)) == ()


def test_what_was_strengthened_meanwhile_stays() -> None:
    before = TrailSetup(TrailOptions("logs-of-everybody", validation=True), tags=frozenset({("a", "b")}))
    now = TrailSetup(TrailOptions("logs-of-everybody", multi_region=True))
    assert restored(before, now, REF.account) == TrailSetup(
        TrailOptions("logs-of-everybody", multi_region=True, validation=True)
    )


@given(before=trail_setups(), now=trail_setups())
def test_what_is_put_back_is_not_weaker_and_stays_so(before: TrailSetup, now: TrailSetup) -> None:
    after = restored(before, now, REF.account)
    assert lacks(before, after) == ()
    assert restored(before, after, REF.account) == after
    assert restored(after, now, REF.account) == after


@given(before=trail_setups(), now=trail_setups())
def test_what_is_not_weaker_is_left_as_it_is(before: TrailSetup, now: TrailSetup) -> None:
    if not lacks(before, now):
        assert restored(before, now, REF.account) == replace(now, insights=now.insights | before.insights)


@given(before=trail_options(), now=trail_options())
def test_no_switch_that_was_on_or_is_on_is_off_afterwards(before: TrailOptions, now: TrailOptions) -> None:
    after = restored(TrailSetup(before), TrailSetup(now), REF.account).options
    for name in ("global_events", "multi_region", "organization", "validation", "recursive"):
        assert getattr(after, name) == (getattr(before, name) or getattr(now, name))


@given(before=selectors(), now=selectors())
def test_no_selector_that_was_there_is_lost(before: Selectors, now: Selectors) -> None:
    after = restored_selectors(before, now)
    assert uncovered(before, after) == frozenset()
    assert after in (now, before) or after == before | uncovered(now, before)
    if after not in (now, before):
        assert uncovered(now, after) == frozenset()


def test_there_is_room_for_so_many_selectors() -> None:
    def on(*arns: str) -> BasicSelector:
        return BasicSelector(
            "WriteOnly", resources=frozenset({DataResource("AWS::S3::Object", frozenset(arns))})
        )

    def named(start: str, number: int) -> list[str]:
        return [f"arn:aws:s3:::{start}-{n}/" for n in range(number)]

    few = frozenset({on("arn:aws:s3:::beyond/")})
    assert restored_selectors(DEFAULT, few) == DEFAULT | few
    many = frozenset(
        BasicSelector(resources=frozenset({DataResource("t", frozenset({arn}))})) for arn in named("a", 5)
    )
    assert restored_selectors(many, few) == many
    full = frozenset({on(*named("a", MOST_RESOURCES))})
    assert restored_selectors(full, few) == full
    wide = frozenset(
        {AdvancedSelector(frozenset({Condition("eventName", frozenset(named("a", MOST_VALUES)))}))}
    )
    one = frozenset({AdvancedSelector(frozenset({Condition("eventName", frozenset({"beyond"}))}))})
    assert restored_selectors(wide, one) == wide
    assert restored_selectors(wide, few) == wide, "basic and advanced ones do not go together"


def test_insights_that_are_gone_are_put_back_beside_the_others() -> None:
    rate, errors = Insight("ApiCallRateInsight"), Insight("ApiErrorRateInsight", "Data")
    before = TrailSetup(OPTIONS, insights=frozenset({rate}))
    now = TrailSetup(OPTIONS, insights=frozenset({errors}))
    assert lacks(before, now) == ("its Insights selectors detect less than before",)
    assert restored(before, now, REF.account).insights == {rate, errors}
