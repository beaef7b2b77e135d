"""Which GuardDuty findings call for the isolation of an EC2 instance, and the patterns for them.

Event shape: "Creating custom responses to GuardDuty findings with Amazon EventBridge"; limits of event
patterns: "Amazon EventBridge quotas".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from ringfence.events.guardduty.instance_types import TYPES, Shape
from ringfence.model.errors import InternalError
from ringfence.model.frozen import frozen
from ringfence.model.kinds.instance import InstanceRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

SOURCE = "aws.guardduty"
DETAIL_TYPE = "GuardDuty Finding"
PATTERN_LIMIT = 2048
"""Characters; EventBridge refuses longer patterns."""

INSTANCE = "Instance"
CONTAINERS = ("Container", "ECSCluster", "EKSCluster")
"""Values of `resource.resourceType` for containers: an instance is named where they run on one."""
ACTOR, TARGET = "ACTOR", "TARGET"

_ON_AN_INSTANCE = {"resourceType": [INSTANCE]}
_NAMED = {"instanceDetails": {"instanceId": [{"prefix": "i-"}]}}
_HOSTED = {"resourceType": list(CONTAINERS), **_NAMED}
_CONDITIONS: tuple[tuple[Mapping[str, object], frozenset[Shape]], ...] = (
    ({}, frozenset({Shape.INSTANCE, Shape.SEQUENCE})),
    (_ON_AN_INSTANCE, frozenset({Shape.WORKLOAD})),
    (_HOSTED, frozenset({Shape.WORKLOAD})),
    (_NAMED, frozenset({Shape.STOLEN})),
)
"""What `resource` must hold for a finding of some shapes; no event fulfils two for the same type."""


def notify_only_reason(name: str, role: str | None) -> str:
    """Say why a finding of this type calls for a person and not for isolation; empty when it does not.

    `role` is `service.resourceRole`. It is only meaningful for types that both sides of an attack can
    cause: there, anything but ACTOR leaves open whether the instance is compromised.
    """
    target = TYPES[name].target
    if not target or role == ACTOR:
        return ""
    if role == TARGET:
        return (
            f"service.resourceRole is TARGET: the instance is {target}, which does not show that it is "
            "compromised; a person must check"
        )
    missing = "is missing" if not role else "is neither ACTOR nor TARGET"
    return f"service.resourceRole {missing}, so the instance may only be {target}; a person must check"


@frozen
class GuardDutyTrigger:
    """The findings of some types, about EC2 instances."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "instance"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return EventBridge patterns within the limit; no event matches two of them."""
        return tuple(
            pattern
            for resource, shapes in _CONDITIONS
            for pattern in patterns([name for name in self.types if TYPES[name].shape in shapes], resource)
        )

    def matches(self, finding: Finding) -> bool:
        """Say whether the finding is of one of the types and names an instance."""
        return (
            finding.source == SOURCE
            and finding.type in self.types
            and any(isinstance(subject, InstanceRef) for subject in finding.subjects)
        )


def patterns(names: Iterable[str], resource: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield patterns within the limit for findings of some types whose `resource` holds this."""
    return within_limit(names, lambda chunk: _pattern(chunk, resource))


def within_limit(
    names: Iterable[str], pattern: Callable[[list[str]], Mapping[str, object]]
) -> Iterator[Mapping[str, object]]:
    """Yield patterns for all the names, in their order, each with as many as the limit lets it hold."""
    chunk: list[str] = []
    for name in names:
        if _length(pattern([*chunk, name])) >= PATTERN_LIMIT:
            if not chunk:
                raise InternalError(f"no pattern can hold {name}")
            yield pattern(chunk)
            chunk = []
        chunk.append(name)
    if chunk:
        yield pattern(chunk)


def _pattern(names: list[str], resource: Mapping[str, object]) -> Mapping[str, object]:
    detail: dict[str, object] = {"type": list(names)}
    if resource:
        detail["resource"] = dict(resource)
    return {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail}


def _length(pattern: Mapping[str, object]) -> int:
    return len(json.dumps(pattern))  # with its spaces: however it is written, it fits


COMPROMISED_INSTANCE = GuardDutyTrigger("guardduty-compromised-instance", tuple(sorted(TYPES)))
"""Every finding for which isolating an instance can be right."""
