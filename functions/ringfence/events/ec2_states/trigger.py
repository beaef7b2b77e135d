"""Which changes of an instance's state call for a remediation, and the pattern for them.

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
"""How the types of such findings begin; the state follows."""
STATES = ("pending", "running", "shutting-down", "stopped", "stopping", "terminated")
SEVERITY = 1.0
"""Fixed, for EC2 gives none: the lowest, for nothing is known to be wrong."""


@frozen
class StateTrigger:
    """Instances that enter some states. `types`: `EC2:` and the state."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "states"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the one pattern."""
        detail = {"state": [one.removeprefix(PREFIX) for one in self.types]}
        return ({"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Say whether the finding is of one of the types."""
        return finding.source == SOURCE and finding.type in self.types


def entered(*states: str) -> StateTrigger:
    """Answer to instances that enter these states, values of `STATES`."""
    return StateTrigger("instance-states", tuple(PREFIX + state for state in states))
