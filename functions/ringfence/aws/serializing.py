"""Write the JSON of requests as botocore does, without a call for each value.

A transaction of the record has hundreds of values, nearly all of them texts. botocore makes two calls for
each one, and looks for a method that handles texts, which does not exist.

A client takes its serializer when it is made. So this module is imported before the isolating call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.serialize import SERIALIZERS, JSONSerializer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.model import MapShape, StructureShape

    Json = dict[str, Any]

_AS_GIVEN = frozenset({"string", "boolean", "integer", "long"})
"""The types whose values are written as they are given."""
_SERIALIZERS: dict[str, Any] = SERIALIZERS
"""botocore's serializers by its names of protocols. The stubs expect an object where it has classes."""


def install() -> None:
    """Let the clients that are made from now on write so."""
    _SERIALIZERS["json"] = QuickJSONSerializer


class QuickJSONSerializer(JSONSerializer):
    """Writes requests to DynamoDB, SQS and others with the same protocol."""

    # mypy: the stubs of the base class have public methods only.

    def _serialize_type_structure(
        self, serialized: Json, value: Mapping[str, Any], shape: StructureShape, key: str | None
    ) -> None:
        if key is None or shape.is_document_type:
            super()._serialize_type_structure(serialized, value, shape, key)  # type: ignore[misc]
            return
        made: Json = {}
        serialized[key] = made
        members = shape.members
        for name, one in value.items():
            member = members[name]
            written = member.serialization.get("name", name)
            if member.type_name in _AS_GIVEN:
                made[written] = one
            else:
                self._serialize(made, one, member, written)  # type: ignore[attr-defined]

    def _serialize_type_map(
        self, serialized: Json, value: Mapping[str, Any], shape: MapShape, key: str
    ) -> None:
        made: Json = {}
        serialized[key] = made
        kind = shape.value
        usual = self._default_serialize  # type: ignore[attr-defined]
        write: Callable[..., None] = getattr(self, f"_serialize_type_{kind.type_name}", usual)
        for name, one in value.items():
            write(made, one, kind, name)
