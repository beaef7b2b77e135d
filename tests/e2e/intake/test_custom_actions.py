"""CloudFormation creates the custom actions of Security Hub by the deployed function, under IAM."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.security_hub.actions import ACTIONS, CustomAction
from ringfence.handlers.self_checks import checked
from ringfence.local.samples import security_hub
from ringfence.model.resource_names import HUB_ACTION_TYPE
from ringfence.policy.decision import Mode
from ringfence.record.approvals import approvals
from ringfence.record.facts import DecisionMade
from ringfence.self_check.kinds.functions import CODE
from ringfence.self_check.places import Deployment
from tests.e2e.intake.controls import failed, open_group, permissions
from tests.e2e.local_clients import LocalClients
from tests.e2e.world import until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
PLAN = ACTIONS["RingfencePlan"]


def held(intake: Compliance) -> dict[str, tuple[str, str]]:
    """Return the words of each action by its ARN."""
    found = intake.world.client("securityhub").describe_action_targets()["ActionTargets"]
    return {one["ActionTargetArn"]: (one["Name"], one["Description"]) for one in found}


def stack(intake: Compliance, name: str, action: str = PLAN.id) -> dict[str, Any]:
    """Create a stack with one action by the deployed function. Return what became of it."""
    local, client = intake.world.local, intake.world.client("cloudformation")
    token = f"arn:aws:lambda:{local.region}:{local.account}:function:ringfence-hub-actions"
    resource = {"Type": HUB_ACTION_TYPE, "Properties": {"ServiceToken": token, "ActionId": action}}
    client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Action": resource}}))

    def ended() -> dict[str, Any]:
        (found,) = client.describe_stacks(StackName=name)["Stacks"]
        return {} if found["StackStatus"].endswith("_IN_PROGRESS") else found

    return until(ended, "the end of the stack's creation")


def test_the_deployment_has_created_the_declared_actions(intake: Compliance) -> None:
    local = intake.world.local
    assert held(intake) == {
        one.arn(local.account, local.region): (one.name, one.description) for one in ACTIONS.values()
    }


def test_the_self_check_names_an_action_that_says_something_else(intake: Compliance) -> None:
    local, hub = intake.world.local, intake.world.client("securityhub")
    arn = PLAN.arn(local.account, local.region)
    hub.update_action_target(ActionTargetArn=arn, Name="mine")
    deployment = Deployment(local.account, local.region, (local.account,))
    report = checked(deployment, LocalClients(local), lambda: datetime.now(UTC))
    hub.update_action_target(ActionTargetArn=arn, Name=PLAN.name)
    assert [one.aspect for one in report.problems if one.resource == f"custom action {PLAN.id}"] == ["name"]
    assert [one for one in report.problems if one.aspect == CODE] == []


def test_an_action_is_taken_over_and_deleted_with_its_stack(intake: Compliance) -> None:
    local, client = intake.world.local, intake.world.client("cloudformation")
    arn = PLAN.arn(local.account, local.region)
    intake.world.client("securityhub").update_action_target(ActionTargetArn=arn, Name="mine")
    assert stack(intake, "takes-over")["StackStatus"] == "CREATE_COMPLETE"
    assert held(intake)[arn] == (PLAN.name, PLAN.description)
    (resource,) = client.describe_stack_resources(StackName="takes-over")["StackResources"]
    assert resource["PhysicalResourceId"] == arn
    client.delete_stack(StackName="takes-over")
    until(lambda: arn not in held(intake), "the action's deletion")
    assert stack(intake, "creates-again")["StackStatus"] == "CREATE_COMPLETE"
    assert held(intake)[arn] == (PLAN.name, PLAN.description)


def test_an_undeclared_action_fails_its_stack_and_creates_nothing(intake: Compliance) -> None:
    before = held(intake)
    assert "ROLLBACK" in stack(intake, "undeclared", "Isolate")["StackStatus"]
    assert held(intake) == before


def test_without_security_hub_a_stack_fails_with_what_to_do_and_is_deleted_all_the_same(
    intake: Compliance,
) -> None:
    hub, client = intake.world.client("securityhub"), intake.world.client("cloudformation")
    hub.disable_security_hub()
    try:
        assert "ROLLBACK" in stack(intake, "without-hub")["StackStatus"]
        events = client.describe_stack_events(StackName="without-hub")["StackEvents"]
        reasons = " ".join(one.get("ResourceStatusReason", "") for one in events)
        assert "Security Hub CSPM is not enabled" in reasons
        client.delete_stack(StackName="creates-again")
        gone = ("DELETE_COMPLETE", "")
        until(lambda: status(client, "creates-again") in gone, "the deletion of a stack without Security Hub")
    finally:
        hub.enable_security_hub()


def status(client: Any, name: str) -> str:  # noqa: ANN401 - boto3's clients are made at run time
    """Return the status of a stack. Empty if it does not exist any more."""
    found = [one for one in client.describe_stacks()["Stacks"] if one["StackName"] == name]
    return str(found[0]["StackStatus"]) if found else ""


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_finding_chosen_with_an_action_is_planned_and_nothing_is_changed(
    intake: Compliance, action: CustomAction
) -> None:
    local, group = intake.world.local, open_group(intake, f"chosen-{action.mode}")
    before = permissions(intake, group)
    kind, arn = "Security Hub Findings - Custom Action", action.arn(local.account, local.region)
    assert arn in held(intake)
    finding = failed(intake, group)
    intake.put(entry(security_hub.imported(finding, kind=kind, resources=[arn])))
    history = intake.when("harden-network", group, lambda one: bool(one.of(DecisionMade)), "decided")
    (decided,) = history.of(DecisionMade)
    assert decided.decision.mode == action.mode
    assert "the event does not say who" in decided.decision.reason
    intake.quiet("harden-network")
    asked = approvals(intake.history("harden-network", group).entries)
    assert bool(asked) is (action.mode == Mode.APPROVE)
    assert permissions(intake, group) == before
