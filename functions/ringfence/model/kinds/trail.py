"""CloudTrail trails."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import LoggingRef, RecordedCalls, in_request, in_response


@value
class TrailRef(LoggingRef):
    """A CloudTrail trail, by name, in its home region.

    If a response contains the trail's ARN, it is read first, because it contains the home region.
    """

    kind: ClassVar = "trail"
    form: ClassVar = "a trail's name"
    pattern: ClassVar = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]")
    example: ClassVar = "all"
    precedence: ClassVar = 1
    arn_form: ClassVar = "arn:{partition}:cloudtrail:{region}:{account}:trail/{id}"
    config_type: ClassVar = "AWS::CloudTrail::Trail"
    calls: ClassVar = (
        RecordedCalls(
            "cloudtrail",
            ("DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail"),
            (*in_response("trailARN"), *in_request("name")),
        ),
        RecordedCalls(
            "cloudtrail",
            ("PutEventSelectors", "PutInsightSelectors"),
            (*in_response("trailARN"), *in_request("trailName")),
        ),
    )
    records_activity: ClassVar = True
    of_organization: ClassVar = True
