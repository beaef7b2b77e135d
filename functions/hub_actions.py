"""Lambda: create and delete the custom actions of Security Hub for CloudFormation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers.hub_actions_wiring import hub_actions

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: object, context: LambdaContext) -> None:
    """Handle one request of CloudFormation."""
    hub_actions(context.invoked_function_arn).work(event)
