"""docs/json-output.md and docs/json-output-schema.json: what the commands print with `--json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.cli.schemas.commands import ERROR, FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEAD = """# JSON output

`make docs` generates this file from `functions/ringfence/cli/schemas`. Do not edit it.
[json-output-schema.json](json-output-schema.json) contains the same as JSON Schemas, one for each command.

With `--json`, standard output contains JSON and nothing else. Later versions can add fields, and
keep the documented ones. A field with a `?` is not always there. Times are in ISO 8601. Texts of
findings and tags come from outside: escape them before you show them on a terminal.
"""
_ERRORS = """
## Errors

Instead of its output, a command prints one object about the error. Its exit code is the same as without
`--json`.
"""
_TABLE = "\n| Field | Type | Meaning |\n| --- | --- | --- |\n"


def document() -> str:
    """Return the page."""
    parts = [_HEAD, _ERRORS, _TABLE, *_rows(ERROR)]
    for command, form in FORMS.items():
        how = "One object on each line, or none" if form.lines else "One object"
        parts += [f"\n## `{command}`\n\n{how}. {form.words}\n"]
        for schema in _alternatives(form.schema):
            parts += [_TABLE, *_rows(schema)]
    return "".join(parts)


def schemas() -> str:
    """Return the JSON Schemas of all commands, as one document with a line for each."""
    definitions = {command: form.schema for command, form in FORMS.items()} | {"error": ERROR}
    lines = (f"{json.dumps(name)}: {json.dumps(_open(one))}" for name, one in definitions.items())
    head = '{"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {'
    return "\n".join((head, ",\n".join(lines), "}}", ""))


def _open(value: object) -> object:
    """Return a schema that allows more fields, because later versions can add some."""
    if isinstance(value, dict):
        closed = ("additionalProperties", False)
        return {name: _open(one) for name, one in value.items() if (name, one) != closed}
    return [_open(one) for one in value] if isinstance(value, list) else value


def _alternatives(schema: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    options = schema.get("anyOf")
    yield from options if isinstance(options, list) else [schema]


def _rows(schema: Mapping[str, object], before: str = "") -> Iterator[str]:
    """Yield a row for each field, and rows for the fields inside it."""
    fields, required = schema.get("properties"), schema.get("required")
    if not isinstance(fields, dict) or not isinstance(required, list):
        return
    for name, field in fields.items():
        path = f"{before}{name}"
        often = "" if name in required else "?"
        yield f"| `{path}`{often} | {_type(field)} | {field.get('description', '')} |\n"
        yield from _rows(*_inside(field, path))


def _inside(field: Mapping[str, object], path: str) -> tuple[Mapping[str, object], str]:
    """Return the schema of what a field contains, and the path of its fields."""
    inner = next((one for one in _alternatives(field) if one.get("type") != "null"), field)
    items = inner.get("items")
    return (items, f"{path}[].") if isinstance(items, dict) else (inner, f"{path}.")


def _type(field: Mapping[str, object]) -> str:
    options = [_plain(one) for one in _alternatives(field)]
    return " or ".join(dict.fromkeys(options))


def _plain(field: Mapping[str, object]) -> str:
    if field.get("format") == "date-time":
        return "time"
    items, values = field.get("items"), field.get("additionalProperties")
    if isinstance(items, dict):
        return f"list of {_type(items)}"
    if isinstance(values, dict) and "properties" not in field:
        return f"object of {_type(values)}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        str(field["type"]), str(field["type"])
    )
