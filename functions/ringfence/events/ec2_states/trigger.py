"""The trigger for state changes of EC2 instances, and its pattern.

Event shape: "EC2 Instance State-change Notification" in the Amazon EC2 User Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

SOURCE = "aws.ec2"
DETAIL_TYPE = "EC2 Instance State-change Notification"
PREFIX = "EC2:"
"""The prefix of the finding types. The state follows."""
STATES = ("pending", "running", "shutting-down", "stopped", "stopping", "terminated")
SEVERITY = 1.0
"""EC2 sets no severity. The lowest: nothing is known to be wrong."""


@frozen
class StateTrigger:
    """Instances that enter some states. `types`: `EC2:` and the state."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "states"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the only pattern."""
        detail = {"state": [one.removeprefix(PREFIX) for one in self.types]}
        return ({"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types."""
        return finding.source == SOURCE and finding.type in self.types


def entered(*states: str) -> StateTrigger:
    """Return a trigger for instances that enter these states, values of `STATES`."""
    return StateTrigger("instance-states", tuple(PREFIX + state for state in states))
