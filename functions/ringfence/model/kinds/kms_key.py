"""KMS keys."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import LoggingRef, RecordedCalls, in_request


@value
class KeyRef(LoggingRef):
    """A KMS key, by id. Logs can be encrypted with it."""

    kind: ClassVar = "kms-key"
    form: ClassVar = "a KMS key's id"
    pattern: ClassVar = re.compile(r"(?:mrk-[0-9a-f]{32})|(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
    example: ClassVar = "1234abcd-12ab-34cd-56ef-1234567890ab"
    arn_form: ClassVar = "arn:{partition}:kms:{region}:{account}:key/{id}"
    config_type: ClassVar = "AWS::KMS::Key"
    calls: ClassVar = (
        RecordedCalls("kms", ("DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"), in_request("keyId")),
    )
