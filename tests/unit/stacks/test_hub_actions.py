"""The custom actions of Security Hub in the template of the intake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.security_hub.actions import ACTIONS
from ringfence.model.resource_names import HUB_ACTION_TYPE
from stacks import times
from tests.support.policy_evaluator import is_denied_by_resource
from tests.support.synthesis import HOME

if TYPE_CHECKING:
    from tests.support.synthesis import Template

FUNCTION, POLICY = "AWS::Lambda::Function", "AWS::Lambda::ResourcePolicy"


def function(intake: Template) -> tuple[str, int]:
    """Return the logical id of the function, and its timeout."""
    ((id_, found),) = [
        (id_, one["Properties"])
        for id_, one in intake.all(FUNCTION).items()
        if one["Properties"]["FunctionName"] == "ringfence-hub-actions"
    ]
    return id_, found["Timeout"]


def test_each_declared_action_is_a_resource_with_its_words(intake: Template) -> None:
    made = [one["Properties"] for one in intake.all(HUB_ACTION_TYPE).values()]
    assert {one["ActionId"]: (one["Name"], one["Description"]) for one in made} == {
        one.id: (one.name, one.description) for one in ACTIONS.values()
    }
    id_, _ = function(intake)
    assert {str(one["ServiceToken"]) for one in made} == {str({"Fn::GetAtt": [id_, "Arn"]})}


def test_cloudformation_waits_for_three_invocations_and_not_for_an_hour(intake: Template) -> None:
    _, timeout = function(intake)
    for one in intake.all(HUB_ACTION_TYPE).values():
        assert 3 * timeout < int(one["Properties"]["ServiceTimeout"]) <= times.HUB_ACTIONS_WAIT


def test_cloudformations_role_alone_invokes_the_function_and_may_before_the_first_request(
    intake: Template,
) -> None:
    id_, _ = function(intake)
    ((policy_id, policy),) = [
        (one, found["Properties"]["PolicyDocument"])
        for one, found in intake.all(POLICY).items()
        if found["Properties"]["ResourceArn"] == {"Fn::GetAtt": [id_, "Arn"]}
    ]
    arn = f"arn:aws:lambda:eu-west-1:{HOME}:function:any"
    plain = {**policy, "Statement": [{**one, "Resource": [arn]} for one in policy["Statement"]]}
    deployer = f"arn:aws:iam::{HOME}:role/cdk-hnb659fds-cfn-exec-role-{HOME}-eu-west-1"
    assert not is_denied_by_resource(plain, deployer, "lambda:InvokeFunction", arn)
    assert is_denied_by_resource(plain, f"{deployer}-2", "lambda:InvokeFunction", arn)
    for one in intake.all(HUB_ACTION_TYPE).values():
        assert policy_id in one["DependsOn"]
