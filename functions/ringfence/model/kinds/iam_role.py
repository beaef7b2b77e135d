"""IAM roles."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import IdentityHolderRef


@value
class RoleRef(IdentityHolderRef):
    """An IAM role, by name, or by path and name. It is no subject: the policy exempts its sessions by it."""

    kind: ClassVar = "iam-role"
    form: ClassVar = "an IAM role's name, with or without its path"
    pattern: ClassVar = re.compile(r"(?:[!-~]{1,511}/)?[\w+=,.@-]{1,64}", re.ASCII)
    example: ClassVar = "ops/break-glass"
    precedence: ClassVar = 3
    id_has_slashes: ClassVar = True
    arn_form: ClassVar = "arn:{partition}:iam::{account}:role/{id}"
