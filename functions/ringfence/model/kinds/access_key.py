"""Access keys of IAM users."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import PrincipalRef


@value
class AccessKeyRef(PrincipalRef):
    """A long-term access key.

    `user` is the name of its IAM user and `user_id` its unique id (`AIDA…`), if the report contains them.
    They are not part of the key.
    """

    kind: ClassVar = "access-key"
    form: ClassVar = "an access key's id, AKIA…"
    pattern: ClassVar = re.compile(r"AKIA[A-Z0-9]{12,124}")
    example: ClassVar = "AKIAIOSFODNN7EXAMPLE"
    holder: ClassVar = "iam-user"

    user: str = ""
    user_id: str = ""

    @property
    def reported_holder(self) -> str:
        """The user's name."""
        return self.user
