"""AWS Config's configuration recorders."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import LoggingRef, RecordedCalls, in_request


@value
class RecorderRef(LoggingRef):
    """A configuration recorder of AWS Config, by name."""

    kind: ClassVar = "recorder"
    form: ClassVar = "a configuration recorder's name"
    pattern: ClassVar = re.compile(r"[\w.:/+=@-]{1,256}", re.ASCII)
    example: ClassVar = "default"
    precedence: ClassVar = 2
    calls: ClassVar = (
        RecordedCalls(
            "config",
            ("DeleteConfigurationRecorder", "StartConfigurationRecorder", "StopConfigurationRecorder"),
            in_request("configurationRecorderName"),
        ),
        RecordedCalls(
            "config",
            ("PutConfigurationRecorder",),
            in_request("configurationRecorder.name"),
            otherwise="default",
        ),
    )
    records_activity: ClassVar = True
