"""Principals at which nothing can be changed."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import PrincipalRef


@value
class OtherPrincipalRef(PrincipalRef):
    """A principal at which nothing can be changed: federated, a service, another account's, anonymous.

    A person is notified of it. `id` is what the report calls it, `type:name`, without odd characters.
    """

    kind: ClassVar = "other-principal"
    form: ClassVar = "what a report calls another principal"
    pattern: ClassVar = re.compile(r"[A-Za-z0-9_+=,.@:/-]{1,256}")
    example: ClassVar = "AWSService:config.amazonaws.com"
    precedence: ClassVar = 2
