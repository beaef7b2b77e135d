"""The schema of the policy file as a JSON Schema for editors."""

from __future__ import annotations

import json

from ringfence.policy.schema import SCHEMA

_MUST, _MAPPING = "must be ", "a mapping: "
_PYTHONS_END, _END = "\\Z", "$"
"""The end of a pattern, in Python and in JSON Schema."""


def published() -> dict[str, object]:
    """Return the schema as editors read it."""
    schema = _published(SCHEMA)
    found = schema if isinstance(schema, dict) else {}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ringfence policy",
        **found,
    }


def published_text() -> str:
    """Return it as a file."""
    return json.dumps(published(), indent=2) + "\n"


def _published(node: object) -> object:
    if isinstance(node, list):
        return [_published(one) for one in node]
    if isinstance(node, dict):
        return {key: _text(key, value) for key, value in node.items()}
    return node


def _text(key: str, value: object) -> object:
    if key == "description" and isinstance(value, str):
        words = value.removeprefix(_MUST).removeprefix(_MAPPING)
        return words[:1].upper() + words[1:]
    if key == "pattern" and isinstance(value, str):
        return value.replace(_PYTHONS_END, _END)
    return _published(value)
