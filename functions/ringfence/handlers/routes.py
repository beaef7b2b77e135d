"""A route of an HTTP API: its path, its request and its answers. Pure.

The stacks create the routes, the functions serve them, and `make docs` writes their OpenAPI documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.handlers.json_forms import record, text

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    once : bool
        The proof of a request's caller can be used once: the same request again is refused. Otherwise the
        request changes nothing, or the same as the first one.
    policies : tuple of str
        The managed policies that allow it, without the prefix `ringfence-`.
    """

    path: str
    summary: str
    about: str
    request: Mapping[str, object]
    answers: Mapping[int, tuple[str, Mapping[str, object]]]
    example: Mapping[str, object]
    once: bool = False
    policies: tuple[str, ...] = ()


ERROR = record(
    kind=text(),
    message=text("The field, what is expected there, and the value."),
    field_=text("The field that is wrong."),
    problem_=text("What is expected there."),
    code_=text("`drifted` or `sign-again`, for errors that a client tells from others of their kind."),
)
"""An error of one of Ringfence's functions."""
FAILED = record(error=ERROR)
"""The answer with an error."""
NOT_ALLOWED = record(message=text())
"""The answer of API Gateway to a caller whom IAM does not allow the route."""
