"""Every function has its callers, what proves them, and a policy that denies everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.resource_names import HUB_ACTION_TYPE
from stacks.callers import PROOFS, Way, invoked
from tests.support.policy_evaluator import is_denied_by_resource
from tests.support.synthesis import HOME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.synthesis import Template

FUNCTION, MAPPING = "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping"
POLICY, SCHEDULE = "AWS::Lambda::ResourcePolicy", "AWS::Scheduler::Schedule"
NAMING = (
    ("AWS::ApiGatewayV2::Integration", "IntegrationUri", Way.API),
    (HUB_ACTION_TYPE, "ServiceToken", Way.DEPLOYMENT),
)
"""The types of resource that name a function in one property, and the ways to it."""
EACH = pytest.mark.parametrize("name", invoked())
ARN = f"arn:aws:lambda:eu-west-1:{HOME}:function:any"


def functions(*templates: Template) -> dict[str, tuple[Template, str]]:
    """Return the functions by their names, without the prefix."""
    return {
        str(one["Properties"]["FunctionName"]).removeprefix("ringfence-"): (template, id_)
        for template in templates
        for id_, one in template.all(FUNCTION).items()
    }


def of_function(found: Any, id_: str) -> bool:  # noqa: ANN401 - a part of a template
    return found in ({"Ref": id_}, {"Fn::GetAtt": [id_, "Arn"]})


def ways(template: Template, id_: str) -> set[Way]:
    """Return the ways to a function that a template contains."""
    found = set()
    for one in template.all(MAPPING).values():
        if of_function(one["Properties"]["FunctionName"], id_):
            source = str(one["Properties"]["EventSourceArn"])
            found.add(Way.STREAM if "Stream" in source else Way.QUEUE)
    for one in template.all(SCHEDULE).values():
        if of_function(one["Properties"]["Target"]["Arn"], id_):
            found.add(Way.SCHEDULE)
    guardrails = [one["Properties"] for one in template.all("AWS::IAM::ManagedPolicy").values()]
    for one in (one for each in guardrails for one in each["PolicyDocument"]["Statement"]):
        if one["Action"] == "lambda:InvokeFunction" and of_function(one["Resource"], id_):
            found.add(Way.CHAT)
    for kind, name, way in NAMING:
        if any(of_function(one["Properties"][name], id_) for one in template.all(kind).values()):
            found.add(way)
    return found


def test_the_functions_are_those_of_the_stacks_with_these_ways_and_no_others(
    templates: Mapping[str, Template],
) -> None:
    made = functions(*templates.values())
    assert made.keys() == invoked().keys()
    assert {name: ways(*where) for name, where in made.items()} == {
        name: set(one.ways) for name, one in invoked().items()
    }


def test_each_way_is_proved() -> None:
    assert PROOFS.keys() == set(Way)


def policy_of(name: str, templates: Mapping[str, Template]) -> dict[str, Any]:
    template, id_ = functions(*templates.values())[name]
    (found,) = [
        one["Properties"]["PolicyDocument"]
        for one in template.all(POLICY).values()
        if of_function(one["Properties"]["ResourceArn"], id_)
    ]
    plain: dict[str, Any] = {**found, "Statement": [plainly(one) for one in found["Statement"]]}
    return plain


def plainly(statement: dict[str, Any]) -> dict[str, Any]:
    """Replace the references, which the evaluator does not read."""
    return {**statement, "Resource": [ARN, f"{ARN}:*"]}


@EACH
def test_no_user_and_no_other_role_invokes_a_function(name: str, templates: Mapping[str, Template]) -> None:
    policy, action = policy_of(name, templates), "lambda:InvokeFunction"
    strangers = (
        f"arn:aws:iam::{HOME}:role/Admin",
        f"arn:aws:iam::{HOME}:user/mallory",
        f"arn:aws:iam::{HOME}:role/ringfence-made-up",
        "arn:aws:iam::999999999999:role/ringfence-contain-instance-function",
    )
    for who in strangers:
        assert is_denied_by_resource(policy, who, action, ARN)
        assert is_denied_by_resource(policy, who, action, f"{ARN}:provisioned")
    for role in invoked()[name].roles:
        assert not is_denied_by_resource(policy, f"arn:aws:iam::{HOME}:role/{role}", action, ARN)


@EACH
def test_a_service_is_not_denied(name: str, templates: Mapping[str, Template]) -> None:
    """An event source mapping has no principal of the account. A mistake here would stop containment."""
    policy = policy_of(name, templates)
    service = f"arn:aws:iam::{HOME}:role/any"
    keys = {"aws:PrincipalIsAWSService": "true"}
    assert not is_denied_by_resource(policy, service, "lambda:InvokeFunction", ARN, keys)
    (deny,) = [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    assert deny["Condition"]["Null"] == {"aws:PrincipalArn": "false"}
