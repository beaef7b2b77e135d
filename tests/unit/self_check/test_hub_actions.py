"""The custom actions of Security Hub that the stack declares are compared with those that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.security_hub.actions import ACTIONS
from ringfence.model.call import Failed
from ringfence.model.resource_names import HUB_ACTION_TYPE
from ringfence.self_check.places import INTAKE_STACK, Stack
from ringfence.self_check.template import Resource
from tests.support.self_checking import judged

if TYPE_CHECKING:
    from ringfence.self_check.findings import Problem

HOME, REGION = "111122223333", "eu-west-1"
PLAN = ACTIONS["RingfencePlan"]
ARN = PLAN.arn(HOME, REGION)
WORDS = {"Name": PLAN.name, "Description": PLAN.description}
ACTION = Resource(
    HUB_ACTION_TYPE,
    "RingfencePlan",
    ARN,
    {"ActionId": PLAN.id, **WORDS},
    Stack(HOME, REGION, INTAKE_STACK),
)


def problems(answer: Any) -> list[Problem]:  # noqa: ANN401 - documents and errors
    return judged(ACTION, {"DescribeActionTargets": answer})


def found(**changed: str) -> dict[str, object]:
    return {"ActionTargets": [{"ActionTargetArn": ARN, **WORDS, **changed}]}


def test_an_action_as_declared_is_no_problem() -> None:
    assert problems(found()) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"ActionTargets": []},
        Failed("ResourceNotFoundException", "no such action"),
        Failed("InvalidAccessException", "not subscribed to AWS Security Hub"),
        Failed("InvalidInputException", "no ARN"),
    ],
)
def test_an_action_that_is_gone_is_a_fault_that_two_deployments_mend(answer: object) -> None:
    (problem,) = problems(answer)
    assert (problem.resource, problem.aspect) == ("custom action RingfencePlan", "existence")
    assert "--context security_hub_actions=false" in problem.remedy
    assert "--revert-drift" not in problem.remedy


@pytest.mark.parametrize(("field", "aspect"), [("Name", "name"), ("Description", "description")])
def test_an_action_that_says_something_else_is_a_fault(field: str, aspect: str) -> None:
    (problem,) = problems(found(**{field: "Close all findings"}))
    assert problem.aspect == aspect
    assert "Close all findings" in problem.words
    assert problem.remedy.startswith(f"aws securityhub update-action-target --action-target-arn {ARN} ")
