"""JSON Schemas whose descriptions are error messages, and what of a document does not fit them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator

from ringfence.policy.lookup import closest, get, items_of, mapping_of, meant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

    from ringfence.policy.yaml_source import Path


_OTHER_NAMES = MappingProxyType({"typ": "finding", "type": "finding", "types": "finding", "until": "expires"})
"""Other names that people try for fields, and those that are meant."""


def shape_flaws(schema: Mapping[str, object], data: object) -> Iterator[tuple[Path, str]]:
    """Yield the path of each value that does not fit, and what it must be.

    A required field is not missing if an unknown field has nearly its name: the name is what is wrong.
    """
    for error in Draft202012Validator(schema).iter_errors(data):
        yield from _told(error)


def _told(error: ValidationError) -> Iterator[tuple[Path, str]]:
    path, schema, given = tuple(error.absolute_path), mapping_of(error.schema), error.instance
    known = mapping_of(schema.get("properties"))
    odd = {key: _named(key, known) for key in mapping_of(given) if key not in known}
    if error.validator == "additionalProperties":
        for unknown, name in odd.items():
            hint = f" (did you mean {name}?)" if name else ""
            yield (*path, unknown), f"is not a known field{hint}; the fields are {', '.join(known)}"
    elif error.validator == "required":
        missing = [str(key) for key in items_of(schema["required"]) if key not in mapping_of(given)]
        for key in missing:
            if key not in odd.values():
                yield (*path, key), "is required"
    else:
        shown = "nothing" if given is None else ascii(given)[:60]
        hint = meant(given, map(str, items_of(schema.get("enum")))) if isinstance(given, str) else ""
        yield path, f"{schema['description']}, not {shown}{hint}"


def _named(unknown: str, known: Mapping[str, object]) -> str:
    """Return the field that an unknown name probably means, also one field deeper. Empty if there is none."""
    other = _OTHER_NAMES.get(unknown, "")
    deeper = (name for name, one in known.items() if unknown in mapping_of(get(one, "properties")))
    inside = next((f"{name}.{unknown}" for name in deeper), "")
    return other if other in known else closest(unknown, known) or inside


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
