"""IAM users."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import PrincipalRef


@value
class UserRef(PrincipalRef):
    """An IAM user, by name."""

    kind: ClassVar = "iam-user"
    form: ClassVar = "an IAM user's name"
    pattern: ClassVar = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
    example: ClassVar = "deployer"
    precedence: ClassVar = 1
    arn_form: ClassVar = "arn:{partition}:iam::{account}:user/{path}{id}"
    config_type: ClassVar = "AWS::IAM::User"
