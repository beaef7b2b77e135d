"""Principals that Ringfence cannot change."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import PrincipalRef


@value
class OtherPrincipalRef(PrincipalRef):
    """A principal that Ringfence cannot change: federated, a service, of another account, anonymous.

    A person is notified. `id` is its name in the report, `type:name`, without special characters.
    """

    kind: ClassVar = "other-principal"
    form: ClassVar = "another principal, TYPE:NAME"
    pattern: ClassVar = re.compile(r"[A-Za-z0-9_+=,.@:/-]{1,256}")
    example: ClassVar = "AWSService:config.amazonaws.com"
    precedence: ClassVar = 2
