"""EventBridge rules of Ringfence."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import DeliveryRef


@value
class EventRuleRef(DeliveryRef):
    """A rule of the default event bus. CloudFormation begins its name with the name of its stack."""

    kind: ClassVar = "event-rule"
    form: ClassVar = "the name of a rule of Ringfence: Ringfence- and 1 to 54 letters, digits and .-_"
    pattern: ClassVar = re.compile(r"Ringfence-[.\-_A-Za-z0-9]{1,54}")
    example: ClassVar = "Ringfence-Response-Rule-0A1B2C"
    arn_form: ClassVar = "arn:{partition}:events:{region}:{account}:rule/{id}"
