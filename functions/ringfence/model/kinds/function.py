"""Lambda functions of Ringfence."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import DeliveryRef


@value
class FunctionRef(DeliveryRef):
    """A function of Ringfence."""

    kind: ClassVar = "function"
    form: ClassVar = "the name of a function of Ringfence: ringfence- and 1 to 54 letters, digits and -_"
    pattern: ClassVar = re.compile(r"ringfence-[\-_A-Za-z0-9]{1,54}")
    example: ClassVar = "ringfence-operate"
    arn_form: ClassVar = "arn:{partition}:lambda:{region}:{account}:function:{id}"
