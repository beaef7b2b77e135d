"""Small builders for JSON Schemas: of the API for operators, and of what the commands print with `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Schema = Mapping[str, object]


def text(words: str = "") -> Schema:
    """Return the schema of a text."""
    return _of("string", words)


def number(words: str = "") -> Schema:
    """Return the schema of a number."""
    return _of("number", words)


def whole(words: str = "") -> Schema:
    """Return the schema of a whole number."""
    return _of("integer", words)


def flag(words: str = "") -> Schema:
    """Return the schema of true or false."""
    return _of("boolean", words)


def moment(words: str = "") -> Schema:
    """Return the schema of a time in ISO 8601."""
    return {**_of("string", words), "format": "date-time"}


def many(item: Schema, words: str = "") -> Schema:
    """Return the schema of a list."""
    return {**_of("array", words), "items": item}


def table(value: Schema, words: str = "") -> Schema:
    """Return the schema of an object with any names."""
    return {**_of("object", words), "additionalProperties": value}


def anything(words: str = "") -> Schema:
    """Return the schema of an object that is described elsewhere."""
    return _of("object", words)


def maybe(schema: Schema) -> Schema:
    """Return the schema of a value that can be null."""
    inner = {name: one for name, one in schema.items() if name != "description"}
    words = {name: one for name, one in schema.items() if name == "description"}
    return {**words, "anyOf": [inner, {"type": "null"}]}


def either(*schemas: Schema) -> Schema:
    """Return the schema of a value that has one of these forms."""
    return {"anyOf": list(schemas)}


def record(words: str = "", /, **fields: Schema) -> Schema:
    """Return the schema of an object with these fields and no others.

    A field whose name ends in `_` is not always there. The name has no underscore then.

    Examples
    --------
    >>> record(id=text(), hint_=text())["required"]
    ['id']
    """
    return {
        **_of("object", words),
        "properties": {name.removesuffix("_"): one for name, one in fields.items()},
        "required": [name for name in fields if not name.endswith("_")],
        "additionalProperties": False,
    }


def merged(first: Schema, *others: Schema) -> Schema:
    """Return the schema of an object with the fields of several ones."""
    every = [first, *others]
    return {
        **first,
        "properties": {name: one for each in every for name, one in _fields(each).items()},
        "required": [name for each in every for name in _required(each)],
    }


def with_more(schema: Schema, value: Schema) -> Schema:
    """Return the schema of an object that can have more fields with such values."""
    return {**schema, "additionalProperties": value}


def _fields(schema: Schema) -> Mapping[str, object]:
    found = schema["properties"]
    return found if isinstance(found, dict) else {}


def _required(schema: Schema) -> list[str]:
    found = schema["required"]
    return found if isinstance(found, list) else []


def _of(kind: str, words: str) -> Schema:
    return {"type": kind, **({"description": words} if words else {})}
