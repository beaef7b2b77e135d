"""The permission to make changes. Only a decision that allows changes creates one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import Refused, Retryable
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Decision


@frozen
class Permit:
    """A permit for one resource. The engine checks it before it applies a step.

    `until` is the end of the lease. No change may start after it.
    """

    ref: Ref
    until: datetime

    @classmethod
    def of(cls, decision: Decision, ref: Ref, until: datetime) -> Permit:
        """Create a permit. Raises Refused unless the decision's mode allows changes."""
        decision.permit()
        return cls(ref, until)

    def check(self, ref: Ref, now: datetime) -> None:
        """Raise Refused for another resource, and Retryable after the end of the lease."""
        if ref != self.ref:
            raise Refused(f"the permit is for {self.ref.key}, not {ref.key}")
        if now >= self.until:
            raise Retryable(f"the lease ended at {self.until.isoformat()}; no change may start after that")
