"""GuardDuty detectors."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import LoggingRef, RecordedCalls, in_request


@value
class DetectorRef(LoggingRef):
    """A detector of GuardDuty."""

    kind: ClassVar = "detector"
    form: ClassVar = "a detector's id, 32 hexadecimal digits"
    pattern: ClassVar = re.compile(r"[0-9a-f]{32}")
    example: ClassVar = "12abc34d567e8fa901bc2d34e56789f0"
    arn_form: ClassVar = "arn:{partition}:guardduty:{region}:{account}:detector/{id}"
    calls: ClassVar = (
        RecordedCalls("guardduty", ("DeleteDetector", "UpdateDetector"), in_request("detectorId")),
    )
    records_activity: ClassVar = True
