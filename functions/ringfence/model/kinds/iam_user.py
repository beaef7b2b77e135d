"""IAM users."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import PrincipalRef

USER_ID = re.compile(r"AIDA[A-Z0-9]{12,124}")
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"""


@value
class UserRef(PrincipalRef):
    """An IAM user, by name.

    `unique_id` is its id (`AIDA…`), if the report contains it. It stays the same if the user is renamed. It
    is not part of the key.
    """

    kind: ClassVar = "iam-user"
    form: ClassVar = "an IAM user's name"
    pattern: ClassVar = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
    example: ClassVar = "sample-user"
    precedence: ClassVar = 1
    arn_form: ClassVar = "arn:{partition}:iam::{account}:user/{path}{id}"
    config_type: ClassVar = "AWS::IAM::User"

    unique_id: str = ""
