"""EBS snapshots."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import RecordedCalls, Ref, in_request


@value
class SnapshotRef(Ref):
    """A snapshot of an EBS volume."""

    kind: ClassVar = "snapshot"
    form: ClassVar = "a snapshot's id, snap- and 8 or 17 hexadecimal digits"
    pattern: ClassVar = re.compile(r"snap-(?:[0-9a-f]{8}|[0-9a-f]{17})")
    example: ClassVar = "snap-0a1b2c3d4e5f60718"
    arn_form: ClassVar = "arn:{partition}:ec2:{region}::snapshot/{id}"
    calls: ClassVar = (RecordedCalls("ec2", ("ModifySnapshotAttribute",), in_request("snapshotId")),)
