"""AWS Config of the local AWS."""

from __future__ import annotations

from typing import Any


def test_asking_for_an_evaluation_is_accepted(aws: Any) -> None:
    answer = aws.client("config").start_config_rules_evaluation(ConfigRuleNames=["any"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
