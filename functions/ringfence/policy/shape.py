"""JSON Schemas whose descriptions are error messages, and what of a document does not fit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator

from ringfence.policy.lookup import items_of, mapping_of, meant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

    from ringfence.policy.yaml_source import Path


def shape_flaws(schema: Mapping[str, object], data: object) -> Iterator[tuple[Path, str]]:
    """Yield the path of each value that does not fit, and what it must be."""
    for error in Draft202012Validator(schema).iter_errors(data):
        yield from _told(error)


def _told(error: ValidationError) -> Iterator[tuple[Path, str]]:
    path, schema, given = tuple(error.absolute_path), mapping_of(error.schema), error.instance
    if error.validator == "additionalProperties":
        known = mapping_of(schema["properties"])
        for unknown in (key for key in mapping_of(given) if key not in known):
            words = f"is not a known field{meant(unknown, known)}; the fields are {', '.join(known)}"
            yield (*path, unknown), words
    elif error.validator == "required":
        for missing in (key for key in items_of(schema["required"]) if key not in mapping_of(given)):
            yield (*path, str(missing)), "is required"
    else:
        shown = "nothing" if given is None else ascii(given)[:60]
        hint = meant(given, map(str, items_of(schema.get("enum")))) if isinstance(given, str) else ""
        yield path, f"{schema['description']}, not {shown}{hint}"


def an_object(about: str, properties: dict[str, object], *required: str) -> dict[str, object]:
    """Return the schema of a mapping with these properties and no others."""
    return {
        "description": f"must be a mapping: {about}",
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def a_list(of: dict[str, object], what: str, *, least: int = 0) -> dict[str, object]:
    """Return the schema of a list of at least so many items."""
    some = "a list of one or more" if least else "a list of"
    return {"description": f"must be {some} {what}", "type": "array", "items": of, "minItems": least}


def one_of(*values: str) -> dict[str, object]:
    """Return the schema of one of some texts."""
    return {"description": f"must be one of {', '.join(values)}", "enum": list(values)}


def a_text(what: str, pattern: str = "") -> dict[str, object]:
    """Return the schema of a text that is not empty, and that matches a pattern if there is one."""
    text: dict[str, object] = {"description": f"must be {what}", "type": "string", "minLength": 1}
    return {**text, "pattern": pattern} if pattern else text
