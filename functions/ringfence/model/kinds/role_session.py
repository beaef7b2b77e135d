"""Sessions of IAM roles."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import HUMAN, WORKLOAD, PrincipalRef

_OF_A_PERSON = "AWSReservedSSO_"
"""The beginning of the names of the roles that IAM Identity Center makes for people."""
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
    def reported_holder(self) -> str:
        """The role's name."""
        return self.role

    @property
    def name(self) -> str:
        """The session's name. The caller who assumes a role chooses it, except for services such as EC2."""
        return self.id.partition(":")[2]

    @property
    def of_instance(self) -> bool:
        """Whether it is named after an instance. EC2 names its sessions so, and ids are never reused."""
        return bool(_INSTANCE.fullmatch(self.name))

    @property
    def affects(self) -> str:
        """Who uses the session: a person by IAM Identity Center, or an instance. Empty if it is not known.

        Both are names. They only select rules.
        """
        if self.role.startswith(_OF_A_PERSON):
            return HUMAN
        return WORKLOAD if self.of_instance else ""
