"""The route of the API for sent findings: its path, its request and its answers. Pure.

The stack creates the route, the function serves it, and `make docs` writes its OpenAPI document from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.events.sent.form import FINDING, MOST_FINDINGS
from ringfence.events.sent.ocsf import OCSF_FINDING

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, object]
INTAKE_QUEUE = "RINGFENCE_INTAKE_QUEUE_URL"
"""The variable with the URL of the intake's queue."""


@dataclass(frozen=True)
class Route:
    """One route, which takes a JSON document with POST.

    Attributes
    ----------
    path : str
        The path.
    summary, about : str
        What it does, in a few words and in a paragraph.
    request : mapping
        The JSON Schema of the body.
    answers : mapping of int to (str, mapping)
        For each status code, what it means, and the JSON Schema of the body.
    example : mapping
        A request.
    """

    path: str
    summary: str
    about: str
    request: Mapping[str, object]
    answers: Mapping[int, tuple[str, Mapping[str, object]]]
    example: Mapping[str, object]


def _object(properties: Mapping[str, object], required: tuple[str, ...], *, closed: bool = True) -> Json:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": not closed,
    }


_TEXT: Json = {"type": "string"}
ERROR = _object(dict.fromkeys(("kind", "field", "problem", "message"), _TEXT), ("kind", "message"))
"""An error: its kind, the field that is wrong, and a message with the value."""
_ACCEPTED = _object(
    {"index": {"type": "integer"}, "status": {"const": 202}, "finding": _TEXT},
    ("index", "status", "finding"),
)
_NOT_ACCEPTED = _object(
    {"index": {"type": "integer"}, "status": {"enum": [400, 403, 503]}, "error": ERROR},
    ("index", "status", "error"),
)
RESULTS = _object(
    {"results": {"type": "array", "items": {"oneOf": [_ACCEPTED, _NOT_ACCEPTED]}}}, ("results",)
)
"""The answer to a request: one result for each finding, in their order."""
_FAILED = _object({"error": ERROR}, ("error",))
_EITHER: Json = {"oneOf": [RESULTS, _FAILED]}
REQUEST = _object(
    {
        "findings": {
            "type": "array",
            "items": {"oneOf": [FINDING.schema(), OCSF_FINDING]},
            "minItems": 1,
            "maxItems": MOST_FINDINGS,
        }
    },
    ("findings",),
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
            {"oneOf": [RESULTS, _FAILED, _object({"message": _TEXT}, ("message",))]},
        ),
        503: ("It can succeed later: send the request again.", _EITHER),
    },
    {"findings": [FINDING.example()]},
)
"""The route."""
