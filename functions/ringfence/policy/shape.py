"""What of a document does not fit a JSON Schema. Each `description` of the schema is the error message."""

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
