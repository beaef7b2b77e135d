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
HEARTBEAT = "Heartbeat"
SILENT_PLACES = "SilentPlaces"
FORGED = "Forged"
CHECKPOINT = "Checkpoint"
UNSEALED = "Unsealed"
REVIEW_FAILED = "ReviewFailed"
OUTPUTS_WAIT = "OutputsWait"
FOUND_BY_SWEEP = "FoundBySweep"
NOTICES = "Notices"
SCORE = "Score"
INCOMPLETE_PLACES = "IncompletePlaces"

COUNT, SECONDS, PERCENT = "Count", "Seconds", "Percent"


@frozen
class Measure:
    """One value of a metric.

    `runbook` is its dimension, if it belongs to a response. `link` is that of a heartbeat. `kind` and
    `severity` are those of a notice about an incident.
    """

    name: str
    value: float = 1
    unit: str = COUNT
    runbook: str = ""
    link: str = ""
    kind: str = ""
    severity: str = ""

    @property
    def dimensions(self) -> dict[str, str]:
        """The dimensions of the metric. An alarm must use the same ones."""
        named = {
            "runbook": self.runbook,
            "link": self.link,
            "kind": self.kind,
            "severity": self.severity,
        }
        return {"service": SERVICE, **{name: value for name, value in named.items() if value}}
