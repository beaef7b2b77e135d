"""Findings that Ringfence reports and does not act on."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import Ref


@value
class FindingRef(Ref):
    """A finding, by its type and its id at the service that reported it, or a recorded call, by its name.

    It stands for a resource of which Ringfence has no kind. So each finding has one incident, and its
    updates join it.
    """

    kind: ClassVar = "finding"
    used_by: ClassVar = ""
    form: ClassVar = "a finding's type, a slash and its id"
    pattern: ClassVar = re.compile(r"[A-Za-z0-9][\w.:/-]{2,400}", re.ASCII)
    example: ClassVar = "Object:S3/MaliciousFile/5ac1f0b7e3d94c2a8b6f7d1e0c9a3b52"
    precedence: ClassVar = 3
