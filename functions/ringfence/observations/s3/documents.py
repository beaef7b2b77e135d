"""The text of a bucket policy as a document, and documents as texts: nothing is lost either way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VERSION = "2012-10-17"
LIMIT = 20 * 1024
"""Bytes that a bucket policy may have: "Bucket policies for Amazon S3"."""

Json = Mapping[str, object]
_SERVICE = ".amazonaws.com"
_WRITES = ("s3:putobject", "s3:put*", "s3:*", "*")


def parsed(text: str) -> Json | None:
    """Return the document; None if it cannot be understood without doubt.

    A name that stands twice in one object is such a doubt: readers take one or the other.
    """
    try:
        found = json.loads(text, object_pairs_hook=_unambiguous, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("Statement"), dict | list) else None


def statements(document: Json) -> Sequence[object]:
    """Return the statements: a single one may stand alone."""
    found = document.get("Statement")
    return found if isinstance(found, list) else [] if found is None else [found]


def with_statements(document: Json, found: Iterable[object]) -> Json:
    """Return the document with these statements; whatever else it has stays."""
    return {**document, "Statement": list(found)}


def same(one: object, other: object) -> bool:
    """Return whether two parts of documents are the same, whatever their order of names."""
    return canonical(one) == canonical(other)


def written(document: Json) -> str:
    """Write a document in as few bytes as it takes."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def sids(document: Json) -> frozenset[str]:
    """Return the ids of the statements."""
    return frozenset(
        str(one["Sid"]) for one in statements(document) if isinstance(one, Mapping) and "Sid" in one
    )


def texts(found: object) -> tuple[str, ...]:
    """Return a value that may be one text or a list of them; what is neither is written as JSON."""
    items = found if isinstance(found, list) else [found]
    return tuple(one if isinstance(one, str) else json.dumps(one, default=str) for one in items)


def may_write(statement: Json) -> bool:
    """Return whether a statement allows its principals to write objects. `NotAction` may allow it."""
    actions = (one.lower() for one in texts(statement.get("Action", ["*"])))
    return statement.get("Effect") == "Allow" and any(one in _WRITES for one in actions)


def writing_services(statement: Json) -> tuple[str, ...]:
    """Return the AWS services that a statement allows to write objects, as it names them."""
    principal = statement.get("Principal")
    if not may_write(statement) or not isinstance(principal, Mapping):
        return ()
    return tuple(one for one in texts(principal.get("Service", [])) if one.endswith(_SERVICE))


def _unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _refuse(constant: str) -> object:
    raise ValueError(constant)
