"""The custom actions of Security Hub CSPM, and the function that creates them for CloudFormation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnCustomResource, Stack
from constructs import Construct

from ringfence.events.security_hub.actions import ACTION_ID, ACTIONS
from ringfence.model.resource_names import HUB_ACTION_TYPE, HUB_ACTIONS
from stacks import needs, times
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.guards import deployers

if TYPE_CHECKING:
    from stacks.settings import Settings


class HubActions(Construct):
    """One resource for each declared custom action.

    Only the role with which CloudFormation deploys may invoke the function. There is no alarm for it: the
    deployment itself fails and says why.
    """

    def __init__(self, scope: Stack, *, settled: Settled, settings: Settings) -> None:
        super().__init__(scope, "HubActions")
        hub = scope.format_arn(service="securityhub", resource="hub/default")
        group = log_group(self, "Logs", settled.key)
        own = role(self, HUB_ACTIONS, needs.HUB_ACTIONS, {"hub": hub, "logs": group.log_group_arn})
        made = function(
            Settled(self, settled.code, settled.key),
            Handler(
                HUB_ACTIONS,
                "hub_actions.handler",
                "Ringfence: creates and deletes its custom actions of Security Hub",
                times.HUB_ACTIONS_TIMEOUT,
            ),
            own,
            group,
            deployers(scope, settings),
        )
        callers = made.node.find_child("Callers")
        for action in ACTIONS.values():
            resource = CfnCustomResource(
                self, action.id, service_token=made.function_arn, service_timeout=times.HUB_ACTIONS_WAIT
            )
            resource.add_override("Type", HUB_ACTION_TYPE)
            # The function knows the words: they are here so that CloudFormation updates what changed.
            words = {"Name": action.name, "Description": action.description}
            for name, value in {ACTION_ID: action.id, **words}.items():
                resource.add_property_override(name, value)
            resource.node.add_dependency(callers)
