"""Log groups of CloudWatch Logs."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import LoggingRef, RecordedCalls, in_request


@value
class LogGroupRef(LoggingRef):
    """A log group, by name. A trail can deliver its events to it."""

    kind: ClassVar = "log-group"
    form: ClassVar = "a log group's name"
    pattern: ClassVar = re.compile(r"[A-Za-z0-9_./#-]{1,512}")
    example: ClassVar = "/aws/cloudtrail/all"
    arn_form: ClassVar = "arn:{partition}:logs:{region}:{account}:log-group:{id}"
    id_has_slashes: ClassVar = True
    precedence: ClassVar = 4
    calls: ClassVar = (
        RecordedCalls(
            "logs", ("DeleteLogGroup", "DeleteLogStream", "PutRetentionPolicy"), in_request("logGroupName")
        ),
        RecordedCalls(
            "logs", ("PutDataProtectionPolicy", "PutTransformer"), in_request("logGroupIdentifier")
        ),
    )
