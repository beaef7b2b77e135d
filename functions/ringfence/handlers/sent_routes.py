"""The route of the API for sent findings: its path, its request and its answers. Pure.

The stack creates the route, the function serves it, and `make docs` writes its OpenAPI document from it.
"""

from __future__ import annotations

from ringfence.events.sent.form import FINDING, MOST_FINDINGS
from ringfence.events.sent.ocsf import OCSF_FINDING
from ringfence.handlers.json_forms import record, text, whole
from ringfence.handlers.routes import ERROR, FAILED, NOT_ALLOWED, Route

INTAKE_QUEUE = "RINGFENCE_INTAKE_QUEUE_URL"
"""The variable with the URL of the intake's queue."""
_ACCEPTED = record(index=whole(), status={"const": 202}, finding=text())
_NOT_ACCEPTED = record(index=whole(), status={"enum": [400, 403, 503]}, error=ERROR)
RESULTS = record(results={"type": "array", "items": {"oneOf": [_ACCEPTED, _NOT_ACCEPTED]}})
"""The answer to a request: one result for each finding, in their order."""
_EITHER = {"oneOf": [RESULTS, FAILED]}
REQUEST = record(
    findings={
        "type": "array",
        "items": {"oneOf": [FINDING.schema(), OCSF_FINDING]},
        "minItems": 1,
        "maxItems": MOST_FINDINGS,
    }
)
"""The body of a request."""
FINDINGS = Route(
    "/findings",
    "Send findings of your own",
    f"Send 1 to {MOST_FINDINGS} findings. Each one is answered by itself: if all have the same status, that "
    "is the status of the response, and otherwise it is 207. A finding that is accepted is on its way: the "
    "policy decides what follows from it.",
    REQUEST,
    {
        202: ("Every finding is accepted.", RESULTS),
        207: ("The findings have different results.", RESULTS),
        400: ("Every finding is wrong, or the request is. The error names the field and the value.", _EITHER),
        403: (
            "The sender is not proved, or the policy lets the sender send none of the findings.",
            {"oneOf": [RESULTS, FAILED, NOT_ALLOWED]},
        ),
        503: ("It can succeed later: send the request again.", _EITHER),
    },
    {"findings": [FINDING.example()]},
    policies=("finding-sender",),
)
"""The route."""
