"""Sessions of IAM roles."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import PrincipalRef


@value
class RoleSessionRef(PrincipalRef):
    """A role session, `AROA…:session-name`. `role` is the role's name and not part of the key."""

    kind: ClassVar = "role-session"
    form: ClassVar = "a role's session, AROA…:NAME"
    pattern: ClassVar = re.compile(r"AROA[A-Z0-9]{12,124}:[\w+=,.@-]{2,64}", re.ASCII)
    example: ClassVar = "AROAEXAMPLE000000001:i-0123456789abcdef0"

    role: str = ""
