"""CloudFormation creates, changes and deletes the custom actions of Security Hub by a function."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.security_hub.actions import ACTIONS, ARN, OWN, PERMISSIONS
from ringfence.handlers.hub_actions import NOT_CREATED, HubActions
from ringfence.model.errors import BadInput, Retryable
from tests.support.fakes.action_targets import ACCOUNT, REGION, ActionTargets

PLAN, CONTAIN = ACTIONS.values()
PLAN_ARN = PLAN.arn(ACCOUNT, REGION)
WORDS = {"Name": PLAN.name, "Description": PLAN.description}
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Ringfence-Intake/1"
URL = "https://bucket.s3.eu-west-1.amazonaws.com/answer?signature=secret"
STRANGERS = f"arn:aws:securityhub:{REGION}:{ACCOUNT}:action/custom/Isolate"
ELSEWHERE = PLAN.arn("444455556666", REGION)


def request(kind: str = "Create", held: str = "", **properties: str) -> dict[str, Any]:
    """Return a request as CloudFormation sends it."""
    made = {
        "RequestType": kind,
        "ResponseURL": URL,
        "StackId": STACK,
        "RequestId": "r-1",
        "LogicalResourceId": "Plan",
        "ResourceType": "Custom::RingfenceSecurityHubAction",
        "ResourceProperties": {"ServiceToken": "arn", "ActionId": PLAN.id, **properties},
    }
    return {**made, "PhysicalResourceId": held} if held else made


def answered(hub: ActionTargets, event: object) -> dict[str, str]:
    """Handle a request. Return the answer."""
    sent: list[tuple[str, dict[str, str]]] = []
    HubActions(ACCOUNT, REGION, hub.ask, lambda url, answer: sent.append((url, answer))).work(event)
    ((url, answer),) = sent
    assert url == URL
    assert {name: answer[name] for name in ("StackId", "RequestId", "LogicalResourceId")} == {
        "StackId": STACK,
        "RequestId": "r-1",
        "LogicalResourceId": "Plan",
    }
    return answer


def test_an_action_is_created_and_its_arn_is_the_physical_id() -> None:
    hub = ActionTargets()
    answer = answered(hub, request())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", PLAN_ARN)
    assert hub.held == {PLAN_ARN: WORDS}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_an_action_that_exists_is_taken_over_and_gets_the_declared_words(kind: str) -> None:
    hub = ActionTargets({PLAN_ARN: {"Name": "mine", "Description": "by hand"}}, full=True)
    answer = answered(hub, request(kind, PLAN_ARN if kind == "Update" else "", Name="from the event"))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", PLAN_ARN)
    assert hub.held == {PLAN_ARN: WORDS}


def test_an_action_that_somebody_deleted_is_created_again_by_an_update() -> None:
    hub = ActionTargets()
    assert answered(hub, request("Update", PLAN_ARN))["Status"] == "SUCCESS"
    assert hub.held == {PLAN_ARN: WORDS}


def test_an_action_that_somebody_creates_meanwhile_is_taken_over() -> None:
    hub = ActionTargets(races=[PLAN_ARN])
    assert answered(hub, request())["Status"] == "SUCCESS"
    assert hub.held == {PLAN_ARN: WORDS}


def test_another_action_has_another_physical_id_so_that_cloudformation_deletes_the_old_one() -> None:
    hub = ActionTargets({PLAN_ARN: WORDS})
    answer = answered(hub, request("Update", PLAN_ARN, ActionId=CONTAIN.id))
    assert answer["PhysicalResourceId"] == CONTAIN.arn(ACCOUNT, REGION)
    assert answered(hub, request("Delete", PLAN_ARN))["Status"] == "SUCCESS"
    assert list(hub.held) == [CONTAIN.arn(ACCOUNT, REGION)]


def test_without_security_hub_the_deployment_fails_and_says_what_to_do() -> None:
    answer = answered(ActionTargets(on=False), request())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", NOT_CREATED)
    assert f"not enabled in account {ACCOUNT} in {REGION}" in answer["Reason"]
    assert "deploy without security_hub_actions" in answer["Reason"]


def test_a_failed_creation_is_rolled_back_without_a_call_and_a_failed_update_keeps_its_action() -> None:
    hub = ActionTargets({PLAN_ARN: WORDS})
    assert answered(hub, request("Delete", NOT_CREATED))["Status"] == "SUCCESS"
    assert not hub.calls
    answer = answered(ActionTargets(denied=True), request("Update", PLAN_ARN))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", PLAN_ARN)
    assert "UpdateActionTarget" in answer["Reason"]


@pytest.mark.parametrize("given", ["Isolate", "", "x" * 5000])
def test_an_undeclared_action_is_refused_and_the_answer_names_it(given: str) -> None:
    hub = ActionTargets()
    answer = answered(hub, request(ActionId=given))
    assert answer["Status"] == "FAILED"
    assert "ResourceProperties.ActionId" in answer["Reason"]
    assert len(str(answer)) < 4096
    assert not hub.calls


@pytest.mark.parametrize("state", [{}, {"on": False}, {"denied": True}], ids=["gone", "off", "denied"])
def test_no_failure_keeps_a_stack_from_being_deleted(state: dict[str, Any]) -> None:
    hub = ActionTargets(**state)
    answer = answered(hub, request("Delete", PLAN_ARN))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", PLAN_ARN)
    assert [one.operation for one in hub.calls] == ["DeleteActionTarget"]


def test_not_even_a_bug_keeps_a_stack_from_being_deleted() -> None:
    def broken(_talk: object) -> str:
        raise KeyError("botocore")

    sent: list[dict[str, str]] = []
    HubActions(ACCOUNT, REGION, broken, lambda _, answer: sent.append(answer)).work(
        request("Delete", PLAN_ARN)
    )
    assert [one["Status"] for one in sent] == ["SUCCESS"]


@pytest.mark.parametrize("held", [STRANGERS, ELSEWHERE, "x\x1b[2J", PLAN.arn(ACCOUNT, "us-east-1")])
def test_nothing_but_an_own_action_of_this_place_is_deleted(held: str) -> None:
    hub = ActionTargets({STRANGERS: WORDS})
    assert answered(hub, request("Delete", held))["Status"] == "SUCCESS"
    assert not hub.calls


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({}, "RequestType"),
        ({**request(), "RequestType": "Destroy"}, "RequestType"),
        ({**request(), "ResponseURL": 7}, "ResponseURL"),
        ({name: one for name, one in request().items() if name != "StackId"}, "StackId"),
    ],
)
def test_what_cloudformation_does_not_send_is_bad_input(event: object, field: str) -> None:
    hub = ActionTargets()
    with pytest.raises(BadInput) as error:
        answered(hub, event)
    assert error.value.field == field
    assert not hub.calls


def test_an_answer_that_is_not_taken_fails_the_function_so_that_lambda_invokes_it_again() -> None:
    def lost(_url: str, _answer: dict[str, str]) -> None:
        raise Retryable("no answer")

    hub = ActionTargets()
    with pytest.raises(Retryable):
        HubActions(ACCOUNT, REGION, hub.ask, lost).work(request())
    assert answered(hub, request())["Status"] == "SUCCESS"
    assert hub.held == {PLAN_ARN: WORDS}


@given(st.lists(st.sampled_from(["Create", "Update", "Delete", "lost"]), max_size=8))
def test_whatever_comes_before_the_last_request_decides(kinds: list[str]) -> None:
    hub, held = ActionTargets(), ""
    for kind in kinds:
        if kind == "lost":
            hub.held.pop(PLAN_ARN, None)
            continue
        answer = answered(hub, request(kind, "" if kind == "Create" else held or NOT_CREATED))
        assert answer["Status"] == "SUCCESS"
        held = "" if kind == "Delete" else answer["PhysicalResourceId"]
        assert hub.held == ({} if kind == "Delete" else {PLAN_ARN: WORDS}) or not held


def test_the_calls_are_those_of_the_permissions() -> None:
    hub = ActionTargets()
    for kind, held in (("Create", ""), ("Update", PLAN_ARN), ("Delete", PLAN_ARN)):
        answered(hub, request(kind, held))
    made = {f"securityhub:{one.operation}" for one in hub.calls}
    assert made == {one.action for one in PERMISSIONS}


@pytest.mark.parametrize("one", ACTIONS.values(), ids=lambda one: one.id)
def test_a_declared_action_fits_the_limits_of_security_hub(one: Any) -> None:  # noqa: ANN401 - a declaration
    assert OWN.fullmatch(one.id)
    assert ARN.fullmatch(one.arn(ACCOUNT, REGION))
    assert 1 <= len(one.id) <= 20
    assert 1 <= len(one.name) <= 20
    assert 1 <= len(one.description) <= 500
