"""Read answers as botocore does, without asking for every member that an answer could have.

The shape of an instance has 70 members, and an answer contains a few of them. botocore looks for each one.
These parsers take what the answer contains.

botocore's own code reads a structure with further rules, such as one with a member in a header.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore.parsers import (
    PROTOCOL_PARSERS,
    BaseJSONParser,
    BaseXMLResponseParser,
    EC2QueryParser,
    JSONParser,
    QueryParser,
    RestJSONParser,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from botocore.model import Shape, StructureShape

    Members = Mapping[str, tuple[str, Shape]]
    """The names and shapes of members by their names in answers."""

_MOST_SHAPES = 1024
"""Of how many structures the members are kept. The least used are dropped."""
_ELSEWHERE = ("location", "eventheader", "xmlAttribute")
"""What says of a member that it is not an element of the structure."""


def install() -> None:
    """Let every client of this process read so, from its next answer on."""
    PROTOCOL_PARSERS.update(_PARSERS)


class _QuickXML(BaseXMLResponseParser):
    def _node_tag(self, node: Element) -> str:
        """Return the name of an element without its namespace. botocore uses a regular expression."""
        return node.tag.rpartition("}")[2]

    def _handle_structure(self, shape: StructureShape, node: Any) -> Any:  # noqa: ANN401 - as its base class
        members = _xml_members(shape)
        if members is None:
            return super()._handle_structure(shape, node)  # type: ignore[misc]  # the stubs have public names only
        found: dict[str, object] = {}
        for name, child in self._build_name_to_xml_node(node).items():  # type: ignore[attr-defined]  # likewise
            if name in members:
                member, kind = members[name]
                found[member] = self._parse_shape(kind, child)  # type: ignore[attr-defined]  # likewise
        return found


class _QuickJSON(BaseJSONParser):
    def _handle_structure(self, shape: StructureShape, value: Any) -> Any:  # noqa: ANN401 - as its base class
        members = _json_members(shape)
        if members is None or value is None:
            return super()._handle_structure(shape, value)  # type: ignore[misc]  # the stubs have public names only
        found: dict[str, object] = {}
        for name, child in value.items():
            if child is not None and name in members:
                member, kind = members[name]
                found[member] = self._parse_shape(kind, child)  # type: ignore[attr-defined]  # likewise
        return found


class QuickEC2QueryParser(_QuickXML, EC2QueryParser):
    """Reads answers of EC2."""


class QuickQueryParser(_QuickXML, QueryParser):
    """Reads answers of IAM, STS and others with the same protocol."""


class QuickJSONParser(_QuickJSON, JSONParser):
    """Reads answers of DynamoDB, SQS and others with the same protocol."""


class QuickRestJSONParser(_QuickJSON, RestJSONParser):
    """Reads answers of GuardDuty and others with the same protocol."""


_PARSERS: dict[str, Any] = {
    "ec2": QuickEC2QueryParser,
    "query": QuickQueryParser,
    "json": QuickJSONParser,
    "rest-json": QuickRestJSONParser,
}
"""The parsers by botocore's names of protocols."""
_XML = QueryParser()


@lru_cache(maxsize=_MOST_SHAPES)
def _xml_members(shape: StructureShape) -> Members | None:
    """Return the members by the names of their elements. None if the structure has further rules."""
    name_of = _XML._member_key_name  # type: ignore[attr-defined]  # noqa: SLF001 - as these parsers do
    if shape.metadata.get("exception"):
        return None
    return _unambiguous(shape, {name: name_of(kind, name) for name, kind in shape.members.items()})


@lru_cache(maxsize=_MOST_SHAPES)
def _json_members(shape: StructureShape) -> Members | None:
    """Return the members by their names in JSON. None if the structure has further rules."""
    if shape.is_document_type:
        return None
    return _unambiguous(
        shape, {name: kind.serialization.get("name", name) for name, kind in shape.members.items()}
    )


def _unambiguous(shape: StructureShape, names: Mapping[str, str]) -> Members | None:
    """Return the members by `names`. None if two have the same one, or one is not in the structure."""
    members = shape.members
    elsewhere = any(kind.serialization.get(one) for kind in members.values() for one in _ELSEWHERE)
    if shape.is_tagged_union or elsewhere or len(set(names.values())) < len(names):
        return None
    return {names[name]: (name, kind) for name, kind in members.items()}
