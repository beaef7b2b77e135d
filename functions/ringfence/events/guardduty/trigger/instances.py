"""The trigger for GuardDuty findings about compromised EC2 instances, and its patterns.

Event shape: "Creating custom responses to GuardDuty findings with Amazon EventBridge".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.guardduty.trigger import PERMISSIONS, SOURCE, patterns
from ringfence.events.guardduty.trigger.instance_types import TYPES, Shape
from ringfence.model.frozen import frozen
from ringfence.model.kinds.instance import InstanceRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

INSTANCE = "Instance"
CONTAINERS = ("Container", "ECSCluster", "EKSCluster")
"""Values of `resource.resourceType` for containers. The finding names an instance if they run on one."""
ACTOR, TARGET = "ACTOR", "TARGET"
INBOUND, OUTBOUND = "INBOUND", "OUTBOUND"
_CHECK = "a person must check"
_NOT_SHOWN = f"that does not show that it is compromised; {_CHECK}"
_WHICH = f"which does not show that it is compromised; {_CHECK}"

_ON_AN_INSTANCE = {"resourceType": [INSTANCE]}
_NAMED = {"instanceDetails": {"instanceId": [{"prefix": "i-"}]}}
_HOSTED = {"resourceType": list(CONTAINERS), **_NAMED}
_CONDITIONS: tuple[tuple[Mapping[str, object], frozenset[Shape]], ...] = (
    ({}, frozenset({Shape.INSTANCE, Shape.SEQUENCE})),
    (_ON_AN_INSTANCE, frozenset({Shape.WORKLOAD})),
    (_HOSTED, frozenset({Shape.WORKLOAD})),
    (_NAMED, frozenset({Shape.STOLEN})),
)
"""What `resource` must contain for a finding of some shapes. No event matches two for the same type."""


def notify_only_reason(name: str, role: str | None, direction: str = "", *, blocked: bool = False) -> str:
    """Return why a finding of this type leads to a notification and not to isolation. Empty if it does not.

    `role` is `service.resourceRole`, `direction` and `blocked` are those of the connection or the port probe.
    They are only meaningful for types that both sides of a connection can cause. A connection from outside,
    and one that was blocked, do not show that the instance is compromised.
    """
    kind = TYPES[name]
    if kind.target and role != ACTOR:
        return _as_target(kind.target, role)
    what = kind.target or kind.contact
    if not what:
        return ""
    if blocked:
        return f"the connection was blocked; {_NOT_SHOWN}"
    if direction == INBOUND:
        return f"the connection was INBOUND: the instance was {what}; {_NOT_SHOWN}"
    if kind.contact and direction != OUTBOUND:
        said = f"is {direction.upper()}" if direction.isalpha() else "is missing"
        return f"the direction of the connection {said}, so the instance may only be {what}; {_CHECK}"
    return ""


def _as_target(target: str, role: str | None) -> str:
    if role == TARGET:
        return f"service.resourceRole is TARGET: the instance is {target}, {_WHICH}"
    missing = "is missing" if not role else "is neither ACTOR nor TARGET"
    return f"service.resourceRole {missing}, so the instance may only be {target}; {_CHECK}"


@frozen
class GuardDutyTrigger:
    """Findings of some types about EC2 instances."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "instance"
    permissions: ClassVar[tuple[Permission, ...]] = PERMISSIONS

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return EventBridge patterns within the size limit. No event matches two of them."""
        return tuple(
            pattern
            for resource, shapes in _CONDITIONS
            for pattern in patterns([name for name in self.types if TYPES[name].shape in shapes], resource)
        )

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types and names an instance."""
        return (
            finding.source == SOURCE
            and finding.type in self.types
            and any(isinstance(subject, InstanceRef) for subject in finding.subjects)
        )


COMPROMISED_INSTANCE = GuardDutyTrigger("guardduty-compromised-instance", tuple(sorted(TYPES)))
"""Every finding that can lead to the isolation of an instance."""
