"""Names that the outputs and the stack with their resources share."""

from __future__ import annotations

VARIABLES = "RINGFENCE_OUTPUT_"
"""The start of the variables with the names of the stack's resources, such as RINGFENCE_OUTPUT_EVENTS_BUS."""
OUTPUTS_ON, OUTPUTS_QUEUE = "RINGFENCE_OUTPUTS", "RINGFENCE_OUTPUTS_QUEUE_URL"
"""The variables with the ids of the outputs that are on, and with the URL of their queue."""
EVENTS_BUS, EVENTS_BUCKET = "events_bus", "events_bucket"
"""The placeholders of the resources in the permissions of outputs."""
DAYS = "days"
"""The option with the number of days after which objects are deleted. 0: never."""
