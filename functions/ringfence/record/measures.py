"""The metrics of Ringfence: their names, units and dimensions, for handlers and alarms."""

from __future__ import annotations

from ringfence.model.frozen import frozen

NAMESPACE = "Ringfence"
SERVICE = "ringfence"

CONTAINED = "Contained"
NOT_CONTAINED = "NotContained"
TIME_TO_CONTAINMENT = "TimeToContainment"
REFUSED = "Refused"
TAMPER = "Tamper"
FORGED = "Forged"
CHECKPOINT = "Checkpoint"
UNSEALED = "Unsealed"

COUNT, SECONDS = "Count", "Seconds"


@frozen
class Measure:
    """One value of a metric. `runbook` is its dimension, if it belongs to a response."""

    name: str
    value: float = 1
    unit: str = COUNT
    runbook: str = ""

    @property
    def dimensions(self) -> dict[str, str]:
        """The dimensions of the metric. An alarm must use the same ones."""
        return {"service": SERVICE, **({"runbook": self.runbook} if self.runbook else {})}
