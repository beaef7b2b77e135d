"""The custom actions of Security Hub CSPM, which a custom resource creates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.resource_names import HUB_ACTION_TYPE
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource

_MISSING = ("InvalidAccessException", "InvalidInputException", "ResourceNotFoundException")
"""The answers for an action that does not exist. The first one: Security Hub CSPM is not enabled.

The second one: the id is no ARN, because the creation of the action failed.
"""
_CHANGE = "aws securityhub update-action-target --action-target-arn {id} --region {region}"


def _declared(action: Resource) -> Settings:
    return {
        "name": action.properties.get("Name"),
        "description": action.properties.get("Description"),
    }


def _read(action: Resource) -> SansIO[Settings | None]:
    (answer,) = yield (
        Call("securityhub", "DescribeActionTargets", {"ActionTargetArns": [action.id]}, expected=_MISSING),
    )
    found = () if isinstance(answer, Failed) else tuple(answer.children("ActionTargets"))
    if not found:
        return None
    return {"name": found[0].text("Name"), "description": found[0].text("Description")}


KINDS = (
    Kind(
        HUB_ACTION_TYPE,
        "custom action",
        (Permission("securityhub:DescribeActionTargets", ("arn:aws:securityhub:*:{account}:hub/default",)),),
        _declared,
        _read,
        {
            # CloudFormation detects no drift of a custom resource, so the CDK cannot put it back.
            "existence": (
                "enable Security Hub CSPM if it is off; then deploy twice: npx cdk deploy {stack} --context "
                "security_hub_actions=false, and with security_hub_actions=true"
            ),
            "name": f"{_CHANGE} --name NAME",
            "description": f"{_CHANGE} --description TEXT",
        },
    ),
)
