"""Calls that switch off one of Ringfence's own resources: the trigger and its patterns.

Such a call is reported as urgent as well, like every other call on Ringfence's own resources. The effect of
these calls can be put back. They are calls of `own_resources`, so the resources are recognized in the same
way.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ringfence.events.cloudtrail.trigger.own_resources import CALLS, REQUEST, RESPONSE
from ringfence.events.cloudtrail.trigger.reported_calls import ReportedCalls
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.events.cloudtrail.trigger.own_resources import OwnCall
    from ringfence.model.finding import Finding

    Json = Mapping[str, object]

PREFIX = "SwitchedOff:"
"""The prefix of the finding types. The service and the call follow."""


@frozen
class SwitchingCall:
    """One call.

    Attributes
    ----------
    call : OwnCall
        The call among those on Ringfence's own resources.
    kind : str
        The id of the kind of resource that it switches off.
    id_paths : tuple of (part of the record, parameter)
        Where the record has the resource's id. The first one that is there holds.
    """

    call: OwnCall
    kind: str
    id_paths: tuple[tuple[str, str], ...]

    @property
    def service(self) -> str:
        """The service."""
        return self.call.service

    @property
    def name(self) -> str:
        """The name of the call without a date."""
        return self.call.name

    @property
    def type(self) -> str:
        """The finding type."""
        return f"{PREFIX}{self.service}:{self.name}"

    @property
    def noun(self) -> str:
        """What people call the resource."""
        return self.kind.replace("-", " ")

    @property
    def event_name(self) -> object:
        """How the name of the call looks in an EventBridge pattern."""
        return self.call.event_name

    def detail(self) -> Json:
        """Return how the pattern recognizes the resource."""
        return self.call.detail()


_UUID = "uUID"
"""CloudTrail's spelling of the parameter `UUID`."""
CALLS_THAT_SWITCH_OFF = MappingProxyType(
    {
        (one.service, one.name): one
        for one in (
            SwitchingCall(CALLS["events", "DisableRule"], "event-rule", ((REQUEST, "name"),)),
            SwitchingCall(CALLS["events", "PutRule"], "event-rule", ((REQUEST, "name"),)),
            SwitchingCall(
                CALLS["lambda", "UpdateEventSourceMapping"],
                "event-source-mapping",
                ((RESPONSE, _UUID), (REQUEST, _UUID)),
            ),
            SwitchingCall(
                CALLS["lambda", "PutFunctionConcurrency"], "function", ((REQUEST, "functionName"),)
            ),
        )
    }
)
"""Every such call, by service and name without a date."""


@frozen
class SwitchedOffTrigger(ReportedCalls):
    """Successful calls that switch off Ringfence's own resources, by others than Ringfence."""

    table: ClassVar = CALLS_THAT_SWITCH_OFF
    family: ClassVar[str] = "switched-off"

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types."""
        return finding.type in self.types


def switched_off(service: str, *names: str) -> SwitchedOffTrigger:
    """Return a trigger for some of the calls."""
    types = tuple(CALLS_THAT_SWITCH_OFF[service, name].type for name in names)
    return SwitchedOffTrigger("switched-off", types)
