"""The operator API serves only callers that IAM allows, on its declared routes only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ringfence.handlers.managed_policies import CALLERS
from ringfence.handlers.operator_routes import PATHS, paths_of
from ringfence.handlers.operator_types import (
    ANSWERS,
    APPROVALS,
    DEAD_LETTERS,
    LIMITS,
    PAUSED,
    PAUSES,
    QUEUES,
    RECHECKS,
    RELEASES,
    REPLAYS,
    RESETS,
    RESUMES,
    RUNS,
    SEALS,
    STATUS,
)
from ringfence.handlers.sent_routes import FINDINGS
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.names import RESPONSE_STACK
from tests.support.synthesis import HOME, allowed, conditions_of, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks.settings import Settings
    from tests.support.synthesis import Template

ROUTE, FUNCTION = "AWS::ApiGatewayV2::Route", "AWS::Lambda::Function"


def test_there_are_the_routes_that_the_function_serves_and_no_other(response: Template) -> None:
    routes = {one["Properties"]["RouteKey"] for one in response.all(ROUTE).values()}
    assert routes == {f"POST {path}" for path in PATHS}


def test_every_route_demands_an_iam_signature(response: Template) -> None:
    routes = response.all(ROUTE).values()
    assert {one["Properties"]["AuthorizationType"] for one in routes} == {"AWS_IAM"}


def test_requests_are_throttled_and_logged_with_who_called(response: Template) -> None:
    stage = response.properties("AWS::ApiGatewayV2::Stage")
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 20, "ThrottlingRateLimit": 10}
    assert json.loads(stage["AccessLogSettings"]["Format"])["userArn"] == "$context.identity.userArn"


def test_the_function_answers_before_the_api_gives_up(response: Template) -> None:
    assert response.properties(FUNCTION, "Door")["Timeout"] < 30


def test_the_function_is_told_every_runbooks_second_queue(response: Template) -> None:
    told = response.properties(FUNCTION, "Door")["Environment"]["Variables"]
    separator, parts = told[QUEUES]["Fn::Join"]
    queues = json.loads(separator.join(part if isinstance(part, str) else part["Ref"] for part in parts))
    assert queues.keys() == CATALOGUE.keys()
    for queue in queues.values():
        properties = response.all("AWS::SQS::Queue")[queue]["Properties"]
        assert properties["QueueName"].endswith("-continuation")


def test_the_function_may_leave_messages_on_the_second_queues_and_put_dead_letters_back(
    response: Template,
) -> None:
    """Only these queues let it send: the others deny everybody but their rules."""
    roles = {
        one["Properties"]["RoleName"]: one["Properties"] for one in response.all("AWS::IAM::Role").values()
    }
    may = {
        resource
        for action, resource, _ in allowed(roles["ringfence-operate-function"])
        if action == "sqs:SendMessage"
    }
    assert f"arn:aws:sqs:eu-west-1:{HOME}:ringfence-*" in may
    sends = {json.loads(one)["Fn::GetAtt"][0] for one in may if one.startswith("{")}
    queues = response.all("AWS::SQS::Queue")
    assert sorted(queues[one]["Properties"]["QueueName"] for one in sends) == sorted(
        f"ringfence-{runbook}-continuation" for runbook in CATALOGUE
    )


def test_only_an_api_may_invoke_a_function_and_only_on_its_routes(
    response: Template, audit: Template, intake: Template
) -> None:
    allowed = []
    for template in (response, audit, intake):
        assert not template.all("AWS::Lambda::Permission"), "a function's policy would replace it"
        policies = template.all("AWS::Lambda::ResourcePolicy").values()
        statements = [each for one in policies for each in one["Properties"]["PolicyDocument"]["Statement"]]
        allowed += [one for one in statements if one["Effect"] == "Allow"]
    assert [one["Principal"] for one in allowed] == [{"Service": "apigateway.amazonaws.com"}] * 2
    routes = [
        [arn["Fn::Join"][1][-1] for arn in one["Condition"]["ArnLike"]["aws:SourceArn"]] for one in allowed
    ]
    assert routes == [[f"/*/*{path}" for path in PATHS], [f"/*/*{FINDINGS.path}"]]


@pytest.mark.parametrize(
    ("like", "name", "paths"),
    [
        ("DoorOperators", "operator", paths_of("operator")),
        ("DoorReleasers", "releaser", paths_of("releaser")),
        ("DoorCheckers", "checker", paths_of("checker")),
    ],
)
def test_who_may_run_may_not_release_and_each_policy_tells_where_the_routes_are(
    response: Template, like: str, name: str, paths: tuple[str, ...]
) -> None:
    policy = response.properties("AWS::IAM::ManagedPolicy", like)
    assert policy["ManagedPolicyName"] == f"ringfence-{name}"
    assert not {"Groups", "Roles", "Users"} & policy.keys()
    by_action = {one["Action"]: one["Resource"] for one in policy["PolicyDocument"]["Statement"]}
    named = by_action.pop("execute-api:Invoke")
    ends = {one["Fn::Join"][1][-1] for one in (named if isinstance(named, list) else [named])}
    assert ends == {f"/$default/POST{path}" for path in paths}
    assert (RELEASES in paths, RUNS in paths) == (name == "releaser", name == "operator")
    assert SEALS in paths, "everybody who has a policy may know what the seals prove"
    stack = f"arn:aws:cloudformation:eu-west-1:{HOME}:stack/Ringfence-Response/*"
    assert by_action == {"cloudformation:DescribeStacks": stack}


def test_who_may_call_which_route_is_as_reviewed() -> None:
    assert {one.name: one.routes for one in CALLERS} == {
        "ringfence-operator": (RUNS, STATUS, RECHECKS, DEAD_LETTERS, REPLAYS, SEALS, PAUSED, LIMITS),
        "ringfence-releaser": (RELEASES, STATUS, SEALS, PAUSED),
        "ringfence-approver": (STATUS, ANSWERS, APPROVALS, PAUSED, LIMITS),
        "ringfence-pauser": (PAUSES, RESUMES, PAUSED),
        "ringfence-resetter": (RESETS, LIMITS),
        "ringfence-checker": (SEALS, PAUSED, LIMITS),
    }


def test_the_right_to_reset_a_limit_is_apart_from_all_others(response: Template) -> None:
    policy = response.properties("AWS::IAM::ManagedPolicy", "DoorResetters")
    assert policy["ManagedPolicyName"] == "ringfence-resetter"
    assert paths_of("resetter") == (RESETS, LIMITS)
    others = ("operator", "releaser", "approver", "pauser", "checker")
    assert not any(RESETS in paths_of(one) for one in others)


@pytest.mark.parametrize("like", ["DoorOperators", "DoorReleasers", "DoorCheckers"])
def test_an_owner_can_demand_a_second_factor_of_those_who_call(
    response: Template, variant: Callable[[Settings], dict[str, Template]], like: str
) -> None:
    assert "MultiFactorAuth" not in json.dumps(response.body)
    policy = variant(told(require_mfa="true"))[RESPONSE_STACK].properties("AWS::IAM::ManagedPolicy", like)
    (invoke,) = [
        one for one in policy["PolicyDocument"]["Statement"] if one["Action"] == "execute-api:Invoke"
    ]
    (demanded,) = conditions_of(invoke)
    assert demanded == ("Bool", "aws:MultiFactorAuthPresent", ("true",))


def test_its_address_is_an_output(response: Template) -> None:
    assert {"OperateUrl", "OperatorPolicy", "ReleaserPolicy", "CheckerPolicy"} <= response.body[
        "Outputs"
    ].keys()
