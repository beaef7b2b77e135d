"""Event source mappings of Ringfence's functions."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import DeliveryRef


@value
class EventSourceMappingRef(DeliveryRef):
    """An event source mapping of a function."""

    kind: ClassVar = "event-source-mapping"
    form: ClassVar = "the UUID of an event source mapping"
    pattern: ClassVar = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    example: ClassVar = "0f1e2d3c-4b5a-4697-8877-665544332211"
    arn_form: ClassVar = "arn:{partition}:lambda:{region}:{account}:event-source-mapping:{id}"
