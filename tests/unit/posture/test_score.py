"""The score, and what a scan counts."""

from __future__ import annotations

import pytest

from ringfence.posture.evaluate import in_scope
from ringfence.posture.rule import Resource, Result, Rule, Scope, Status
from ringfence.posture.score import MOST_FAILING, Counts, Tally, score

BUCKET = Resource("AWS::S3::Bucket", "111122223333", "eu-west-1", "b", "", {}, {"team": "web"})
RULE = Rule("r", "R", ("AWS::S3::Bucket",), severity="high")


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ([], None),
        ([("low", Counts())], None),
        ([("low", Counts(passed=1))], 100.0),
        ([("low", Counts(failed=1))], 0.0),
        ([("low", Counts(passed=1, not_assessed=1))], 50.0),
        ([("critical", Counts(failed=1)), ("low", Counts(passed=10))], 50.0),
        ([("medium", Counts(passed=1, failed=2))], 33.3),
    ],
)
def test_the_score_weighs_severities_and_counts_what_was_not_looked_at(
    counted: list[tuple[str, Counts]], expected: float | None
) -> None:
    assert score(counted) == expected


def test_a_tally_remembers_a_bounded_number_of_failing_resources() -> None:
    tally = Tally({"r": RULE})
    for _ in range(MOST_FAILING + 1):
        tally.add([Result("r", BUCKET, Status.FAILED, ("why",))])
    assert tally.counts["r"].failed == tally.resources == MOST_FAILING + 1
    assert len(tally.failing["r"]) == MOST_FAILING


@pytest.mark.parametrize(
    ("scope", "is_in"),
    [
        (Scope(), True),
        (Scope(accounts=("111122223333",)), True),
        (Scope(accounts=("444455556666",)), False),
        (Scope(regions=("eu-west-1", "global")), True),
        (Scope(regions=("us-east-1",)), False),
        (Scope(organizational_units=("ou-prod",)), True),
        (Scope(organizational_units=("ou-test",)), False),
        (Scope(tags=(("team", ("w*", "x")),)), True),
        (Scope(tags=(("team", ("x",)),)), False),
        (Scope(tags=(("owner", ("*",)),)), False),
    ],
)
def test_a_rule_is_about_the_resources_in_its_scope(scope: Scope, *, is_in: bool) -> None:
    assert in_scope(scope, BUCKET, {"111122223333": frozenset({"ou-prod"})}) is is_in
