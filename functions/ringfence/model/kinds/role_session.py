"""Sessions of IAM roles."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import PrincipalRef

_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@value
class RoleSessionRef(PrincipalRef):
    """A role session, `AROA…:session-name`. `role` is the role's name and not part of the key."""

    kind: ClassVar = "role-session"
    form: ClassVar = "a role's session, AROA…:NAME"
    pattern: ClassVar = re.compile(r"AROA[A-Z0-9]{12,124}:[\w+=,.@-]{2,64}", re.ASCII)
    example: ClassVar = "AROAEXAMPLE000000001:i-0123456789abcdef0"
    holder: ClassVar = "iam-role"

    role: str = ""

    @property
    def name(self) -> str:
        """The session's name. The caller who assumes a role chooses it, except for services such as EC2."""
        return self.id.partition(":")[2]

    @property
    def of_instance(self) -> bool:
        """Whether it is named after an instance. EC2 names its sessions so, and ids are never reused."""
        return bool(_INSTANCE.fullmatch(self.name))
