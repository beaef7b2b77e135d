"""Notes of how logging was set up while all was well: the baselines that are put back.

Their record is the baseline: in the chain, hashed and archived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import show
from ringfence.observations.logging.detectors import DetectorSetup, DetectorStatus
from ringfence.observations.logging.log_keys import LogKey
from ringfence.observations.logging.recorders import RecorderSetup, RecorderStatus
from ringfence.observations.logging.selectors import formatted
from ringfence.observations.logging.trails import TrailSetup, TrailStatus

if TYPE_CHECKING:
    from ringfence.model.incident import Incident

KEEP = "it is a note in the audit log, and entries of the log are permanent"


class _Baseline(LogOnlyStep):
    irreversible: ClassVar[str] = KEEP
    noun: ClassVar[str]

    @property
    def target(self) -> str:
        """The baseline: there is one of each subject."""
        return f"{self.noun}/baseline"

    def describe(self) -> str:
        """Describe the change."""
        return f"note the settings of this {self.noun} as the baseline to restore"


@value
class RecordTrailBaseline(_Baseline):
    """Record the settings of a trail that logs.

    Attributes
    ----------
    setup : TrailSetup
        Its options and selectors.
    confirmed : bool
        Whether a person confirmed its destinations by a run. Otherwise it counts only while the policy names
        them.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html
    """

    setup: TrailSetup
    confirmed: bool = False

    observation: ClassVar = TrailStatus
    noun: ClassVar = "trail"

    def diff(self) -> tuple[str, str]:
        """Write what is noted."""
        options, setup = self.setup.options, self.setup
        regions = "every region" if options.multi_region else "one region"
        bucket = f"{options.bucket} (confirmed)" if self.confirmed else options.bucket
        return "", (
            f"to bucket {bucket}, of {regions}, validation {show(options.validation)}, "
            f"key {options.key or 'none'}, log group {options.log_group or 'none'}, "
            f"{formatted(setup.selectors)}, insights {show(setup.insights)}"
        )


@value
class RecordRecorderBaseline(_Baseline):
    """Record the settings of a running recorder.

    Attributes
    ----------
    setup : RecorderSetup
        What it records.

    References
    ----------
    https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationRecorder.html
    """

    setup: RecorderSetup

    observation: ClassVar = RecorderStatus
    noun: ClassVar = "recorder"

    def diff(self) -> tuple[str, str]:
        """Write what is noted."""
        return "", self.setup.key


@value
class RecordDetectorBaseline(_Baseline):
    """Record the settings of an enabled detector.

    Attributes
    ----------
    setup : DetectorSetup
        What it watches.

    References
    ----------
    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
    """

    setup: DetectorSetup

    observation: ClassVar = DetectorStatus
    noun: ClassVar = "detector"

    def diff(self) -> tuple[str, str]:
        """Write what is noted."""
        return "", self.setup.key


@value
class RecordKeyBaseline(_Baseline):
    """Record a key that trails use. It stays in the baseline even if the trails no longer use it.

    Attributes
    ----------
    trails : frozenset of str
        Names of the trails.

    References
    ----------
    https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
    """

    trails: frozenset[str]

    observation: ClassVar = LogKey
    noun: ClassVar = "key"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "", f"used by {show(self.trails)}"


def recorder_baseline(incident: Incident) -> RecorderSetup | None:
    """Return the newest baseline of a recorder."""
    found = [one.setup for one in incident.past if isinstance(one, RecordRecorderBaseline)]
    return found[-1] if found else None


def detector_baseline(incident: Incident) -> DetectorSetup | None:
    """Return the newest baseline of a detector."""
    found = [one.setup for one in incident.past if isinstance(one, RecordDetectorBaseline)]
    return found[-1] if found else None


def key_baseline(incident: Incident) -> frozenset[str]:
    """Return the trails that the newest baseline of a key names."""
    found = [one.trails for one in incident.past if isinstance(one, RecordKeyBaseline)]
    return found[-1] if found else frozenset()
