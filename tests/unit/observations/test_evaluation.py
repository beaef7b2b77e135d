"""What is asked of AWS Config about the rules that judged, and about what it recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.rule_confirmation import ManagedRule
from ringfence.observations.logging.evaluation import Evaluation, RuleState
from ringfence.steps.logging.evaluation import EvaluateRule, NoteRule
from tests.support.fakes.config_answers import RULE, evaluated, item, recorders, running
from tests.support.strategies.evaluate_rule import BUCKET, KIND, LATER, NOTED, OURS, fix
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.step import Step


def look(*answers: Any, past: tuple[Step, ...] = (), ref: Any = BUCKET) -> Evaluation:  # noqa: ANN401 - parts of answers
    _, seen = talk(Evaluation.read(ref, past), answers)
    return seen


def test_nothing_is_asked_where_no_rule_is_noted() -> None:
    """A finding of CloudTrail's names no rule."""
    for past in ((), (fix(),)):
        with pytest.raises(StopIteration) as ended:
            next(Evaluation.read(BUCKET, past))
        assert ended.value.value == Evaluation()


def test_where_nothing_was_changed_only_the_rule_is_looked_at() -> None:
    seen = look(evaluated(at=NOON), past=(NOTED,))
    assert seen == Evaluation((RuleState(OURS, NOON),))
    assert not seen.lacks(NOON)


def test_after_a_change_it_is_looked_at_what_was_recorded() -> None:
    asked, seen = talk(
        Evaluation.read(BUCKET, (NOTED, fix(), NOTED)),
        (evaluated(), item(KIND, BUCKET.id), recorders(), running()),
    )
    (calls,) = asked
    assert [call.operation for call in calls] == [
        "DescribeConfigRuleEvaluationStatus",
        "GetResourceConfigHistory",
        "DescribeConfigurationRecorders",
        "DescribeConfigurationRecorderStatus",
    ]
    assert calls[1].parameters == {"resourceType": KIND, "resourceId": "reports", "limit": 1}
    assert (seen.captured, seen.awaited, seen.hindrance) == (LATER, KIND, "")
    assert not seen.lacks(NOON)
    assert seen.lacks(LATER)


@pytest.mark.parametrize(
    "ref",
    [
        VpcRef("111122223333", "eu-west-1", "vpc-0123456789abcdef0"),
        UserRef("111122223333", "us-east-1", "AIDA4MADEUPBYUS00003"),
    ],
)
def test_what_is_not_judged_by_its_recorded_configuration_is_not_waited_for(ref: object) -> None:
    seen = look(evaluated(), past=(NOTED, fix()), ref=ref)
    assert (seen.captured, seen.awaited) == (None, "")


def test_a_rule_is_asked_about_in_the_region_where_it_judged() -> None:
    elsewhere = ManagedRule(RULE, OURS.identifier, "eu-central-1")
    asked, _ = talk(
        Evaluation.read(UserRef("111122223333", "us-east-1", "bot"), (NoteRule(elsewhere, NOON),)),
        (evaluated(),),
    )
    assert [call.region for call in asked[0]] == ["eu-central-1"]


def test_a_rule_that_is_gone_and_one_that_never_evaluated_are_told_apart() -> None:
    assert look(refusal("NoSuchConfigRuleException"), past=(NOTED,)).rules == (RuleState(OURS, exists=False),)
    assert look(evaluated(at=None), past=(NOTED,)).rules == (RuleState(OURS, None),)
    assert look({"ConfigRulesEvaluationStatus": []}, past=(NOTED,)).rules == (RuleState(OURS, None),)


@pytest.mark.parametrize(
    "code", ["ResourceNotDiscoveredException", "NoAvailableConfigurationRecorderException"]
)
def test_what_config_does_not_know_is_not_recorded_yet(code: str) -> None:
    seen = look(evaluated(), refusal(code), recorders(), running(), past=(NOTED, fix()))
    assert (seen.captured, seen.lacks(NOON)) == (None, True)


def test_asking_again_is_no_change_of_the_subject() -> None:
    asking = EvaluateRule(OURS, NOON, None)
    assert look(evaluated(), past=(NOTED, asking)).awaited == ""


DAILY, CONTINUOUS = "DAILY", "CONTINUOUS"
INTERNAL = {"name": "AWSConfigurationRecorderForObservability", "recordingScope": "INTERNAL"}


def how_often(usual: str, other: str, *kinds: str) -> dict[str, Any]:
    overrides = [{"resourceTypes": list(kinds), "recordingFrequency": other}]
    return {"recordingMode": {"recordingFrequency": usual, "recordingModeOverrides": overrides}}


def only(*kinds: str) -> dict[str, Any]:
    strategy = {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"}
    return {"recordingGroup": {"resourceTypes": list(kinds), "recordingStrategy": strategy}}


def all_but(*kinds: str) -> dict[str, Any]:
    strategy, excluded = {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}, {"resourceTypes": list(kinds)}
    group = {"allSupported": False, "exclusionByResourceTypes": excluded, "recordingStrategy": strategy}
    return {"recordingGroup": group}


def of_old(*kinds: str) -> dict[str, Any]:
    """A recorder that was made before there were strategies."""
    return {"recordingGroup": {"allSupported": False, "resourceTypes": list(kinds)}}


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({}, ""),
        ({"recordingGroup": {}, "recordingMode": {}}, ""),
        ({"recordingMode": {"recordingFrequency": DAILY}}, "once a day"),
        (how_often(DAILY, CONTINUOUS, KIND), ""),
        (how_often(CONTINUOUS, DAILY, "AWS::EC2::VPC", KIND), "once a day"),
        (how_often(CONTINUOUS, DAILY, "AWS::EC2::VPC"), ""),
        (of_old("AWS::EC2::VPC"), "no AWS Config recorder"),
        (of_old(KIND), ""),
        (only("AWS::EC2::VPC"), "no AWS Config recorder"),
        (only(KIND), ""),
        (all_but(KIND), "no AWS Config recorder"),
        (all_but("AWS::EC2::VPC"), ""),
        ({"recordingScope": "INTERNAL"}, "no AWS Config recorder"),
    ],
)
def test_it_is_said_why_a_change_is_not_recorded_soon(setup: dict[str, Any], said: str) -> None:
    answers = (evaluated(), item(KIND, BUCKET.id), recorders(INTERNAL, **setup))
    seen = look(*answers, running(), past=(NOTED, fix()))
    assert said in seen.hindrance
    assert bool(said) == bool(seen.hindrance)
    stopped = look(*answers, running(recording=False), past=(NOTED, fix()))
    assert stopped.hindrance


@pytest.mark.parametrize("status", ["FAILURE", "Failure"])
def test_a_recorder_that_fails_records_no_change(status: str) -> None:
    answers = (evaluated(), item(KIND, BUCKET.id), recorders())
    failing = running(lastStatus=status, lastErrorCode="AccessDenied\x1b[2K")
    seen = look(*answers, failing, past=(NOTED, fix()))
    assert seen.hindrance == "the AWS Config recorder fails to record: 'AccessDenied\\x1b[2K'"


@pytest.mark.parametrize("status", ["PENDING", "SUCCESS"])
def test_a_record_that_is_pending_is_waited_for(status: str) -> None:
    answers = (evaluated(), item(KIND, BUCKET.id), recorders())
    assert look(*answers, running(lastStatus=status), past=(NOTED, fix())).hindrance == ""
