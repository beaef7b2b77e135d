"""Which recorded calls of an AWS API call for a remediation, and the patterns for them.

Event shape: "CloudTrail record contents" under `detail`. Event names are CloudTrail's own, which differ from
the API's here and there. A failed call changed nothing, one that only reads neither; what Ringfence itself
did is never answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.frozen import frozen
from ringfence.model.resource_names import acting_roles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

DETAIL_TYPE = "AWS API Call via CloudTrail"
PREFIX = "CloudTrail:"
"""How the types of such findings begin; the service and the event's name follow."""
SEVERITY = 5.0
"""Fixed, for CloudTrail gives none: medium. Somebody changed a setting, which those do as well who may."""


@frozen
class CallTrigger:
    """Successful calls of one service. `types`: `CloudTrail:`, the service, a colon, the event's name."""

    service: str
    types: tuple[str, ...]

    permissions: ClassVar[tuple[Permission, ...]] = ()

    @property
    def id(self) -> str:
        """Name it after its service."""
        return f"cloudtrail-{self.service}"

    @property
    def family(self) -> str:
        """Calls of one service are delivered together."""
        return self.service

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the one pattern."""
        detail = {
            "eventSource": [f"{self.service}.amazonaws.com"],
            "eventName": [one.rpartition(":")[2] for one in self.types],
            **successful_and_not_ours(),
        }
        return ({"source": [f"aws.{self.service}"], "detail-type": [DETAIL_TYPE], "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Say whether the finding is of one of the types."""
        return finding.type in self.types


def recorded(service: str, *names: str) -> CallTrigger:
    """Answer to successful calls of a service, by CloudTrail's names for them."""
    return CallTrigger(service, tuple(type_of(service, name) for name in names))


def type_of(service: str, name: str) -> str:
    """Return the type of a finding about a recorded call."""
    return f"{PREFIX}{service}:{name}"


def successful_and_not_ours() -> dict[str, object]:
    """Return what a pattern says of calls that changed something and that Ringfence did not make."""
    others = [{"anything-but": list(acting_roles())}, {"exists": False}]
    return {
        "errorCode": [{"exists": False}],
        "readOnly": [False, {"exists": False}],
        "userIdentity": {"sessionContext": {"sessionIssuer": {"userName": others}}},
    }
