"""The root users of accounts."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import HUMAN, PrincipalRef


@value
class RootRef(PrincipalRef):
    """The root user of an account."""

    kind: ClassVar = "root"
    used_by: ClassVar = HUMAN
    form: ClassVar = "root"
    pattern: ClassVar = re.compile(r"root")
    example: ClassVar = "root"
