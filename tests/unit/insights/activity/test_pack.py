"""What holds for each rule of the pack: its examples, its answer, and its finding."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

import pytest
from ministack.services.eventbridge import _EventView, _matches_pattern_view

from ringfence.events.cloudtrail.parser.subjects import places
from ringfence.events.sent.form import finding_of, subjects_of
from ringfence.insights.activity.answers import answers_event, mappings_text
from ringfence.insights.activity.detection import PRODUCT, TYPE
from ringfence.insights.activity.evaluate import Activity, found_in
from ringfence.insights.activity.pack import PACK
from ringfence.insights.activity.rule import FirstSeen, Sequence, Threshold
from ringfence.insights.activity.seeing import steps_of
from ringfence.insights.activity.stories import OWN, call, sign_in
from ringfence.model.kinds import kind_of
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.file import compile_policy
from ringfence.policy.mappings import route
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

    from ringfence.insights.activity.rule import Rule
    from ringfence.insights.activity.selecting import Record

BY_ID = {one.id: one for one in PACK}
SHARED_FIELDS = (
    *(
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
    ),
    *("userAgent", "requestParameters", "responseElements", "requestID", "eventID", "readOnly", "eventType"),
    *("managementEvent", "recipientAccountId", "eventCategory"),
)
"""The fields of each record: "CloudTrail record contents for management events"."""
REPORTS = "report-findings"
rules = pytest.mark.parametrize("rule", PACK, ids=lambda one: one.id)


def stories(rule: Rule) -> list[Record]:
    return [record for story in (*rule.hits, *rule.misses) for record in story]


def test_the_pack_has_at_least_25_rules_with_different_ids() -> None:
    assert len(BY_ID) == len(PACK) >= 25


@rules
def test_a_rule_finds_each_hit_once_and_no_miss(rule: Rule) -> None:
    assert rule.hits
    assert rule.misses
    assert [len(found_in(rule, story)) for story in rule.hits] == [1] * len(rule.hits)
    assert [len(found_in(rule, story)) for story in rule.misses] == [0] * len(rule.misses)


@rules
def test_the_order_of_the_records_does_not_matter(rule: Rule) -> None:
    for story in rule.hits:
        mixed = random.Random(7).sample(story, len(story))  # noqa: S311 - no secret
        assert [one.finding() for one in found_in(rule, mixed)] == [
            one.finding() for one in found_in(rule, story)
        ]


@rules
def test_a_record_that_two_trails_deliver_counts_once(rule: Rule) -> None:
    for story in rule.hits:
        (once,), (twice,) = found_in(rule, story), found_in(rule, (*story, *story))
        assert once.finding() == twice.finding()


@rules
def test_an_example_is_a_record_of_cloudtrail(rule: Rule) -> None:
    for record in stories(rule):
        assert set(SHARED_FIELDS) <= record.keys()
        assert str(record["eventSource"]).endswith(".amazonaws.com")


@rules
def test_a_rule_names_a_technique_and_says_what_to_do(rule: Rule) -> None:
    assert re.fullmatch(r"T\d{4}(\.\d{3})?", rule.technique)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
    assert rule.answer
    assert not rule.answer.endswith(".")


@rules
def test_a_finding_is_valid_and_about_what_its_runbook_answers(rule: Rule) -> None:
    for story in rule.hits:
        (found,) = found_in(rule, story)
        given = finding_of(found.finding())
        assert [one.key for one in subjects_of(given)] == [one.key for one in found.subjects]
        if rule.runbook != REPORTS:
            assert all(isinstance(one, CATALOGUE[rule.runbook].subject) for one in found.subjects)
        if rule.about:
            assert {one.kind for one in found.subjects} <= {one.kind for one in rule.about}


def test_the_printed_mappings_let_each_runbook_answer(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    text = f"version: 1\nscope: {{accounts: [home]}}\ndefault: dry-run\n{mappings_text(PACK)}"
    path.write_text(text, "utf-8")
    mappings = policy_from_json(compile_policy(path, OWN, CATALOGUE)).mappings
    routed = {one.id: route(mappings, (PRODUCT,), f"{TYPE}{one.id}", 0.0).runbook for one in PACK}
    assert routed == {one.id: REPORTS if answers_event(one) else one.runbook for one in PACK}
    assert {one.runbook for one in PACK if answers_event(one)} == {
        "harden-bucket",
        "restore-logging",
    }


@rules
def test_eventbridge_delivers_each_record_that_a_rule_matches(rule: Rule) -> None:
    """The pattern of a rule has no condition that EventBridge evaluates in another way."""
    for _, calls in steps_of(rule):
        for record in stories(rule):
            view = _EventView({}, json.dumps(record))
            delivered = bool(_matches_pattern_view(json.dumps({"detail": calls.pattern()}), view))
            assert calls.match(record) == (delivered and (calls.also is None or calls.also(record)))


@rules
def test_a_number_decides(rule: Rule) -> None:
    """With a higher number than the examples reach, nothing is found; so the number is not ignored."""
    detects = rule.detects
    if isinstance(detects, Threshold):
        changed = rule.with_number("count", 1000)
    elif isinstance(detects, FirstSeen):
        changed = rule.with_number("days", 1000)
    elif isinstance(detects, Sequence):
        changed = rule.with_number("minutes", 0.0001)
    else:
        return
    assert [found_in(changed, story) for story in rule.hits] == [()] * len(rule.hits)


@rules
def test_a_resource_is_named_where_cloudtrail_names_it(rule: Rule) -> None:
    """If a kind declares where its calls name it, the rule reads the same place."""
    for target in rule.about:
        kind = kind_of(target.kind)
        assert kind
        for _, calls in steps_of(rule):
            for name in calls.names:
                if (
                    (where := places().get((calls.service, name)))
                    and where.kind is kind
                    and where.calls.paths
                ):
                    assert {one.path for one in rule.about} & set(where.calls.paths)


def test_all_rules_together_find_what_each_finds_alone() -> None:
    for rule in PACK:
        for story in rule.hits:
            together = Activity(PACK)
            for record in story:
                together.take(record)
            assert [one for one in together.detections() if one.rule is rule] == list(found_in(rule, story))


def moved(story: tuple[Record, ...], account: str) -> tuple[Record, ...]:
    """Return the records of a story as those of another account."""
    return tuple(json.loads(json.dumps(story).replace(OWN, account)))


def test_attacks_are_found_among_ordinary_records_in_any_order() -> None:
    """Each attack happens in an account of its own, and each account has ordinary records too."""
    attacks = {f"{index:012d}": one for index, one in enumerate(PACK, 200000000000)}
    ordinary = (call("ec2:DescribeInstances"), call("s3:GetBucketAcl", {"bucketName": "b"}), sign_in("carol"))
    records = [
        record
        for account, rule in attacks.items()
        for record in (*moved(rule.hits[0], account), *moved(ordinary, account) * 10)
    ]
    random.Random(11).shuffle(records)  # noqa: S311 - no secret
    activity = Activity(PACK)
    for record in records:
        activity.take(record)
    found = {(one.last.call.account, one.rule.id) for one in activity.detections()}
    assert {(account, rule.id) for account, rule in attacks.items()} <= found
    assert len(found) <= 2 * len(attacks)  # an attack can break more than one rule
