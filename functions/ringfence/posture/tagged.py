"""YAML with CloudFormation's short forms of functions: `!Not`, `!Equals`, `!Ref`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from ringfence.policy.yaml_source import Located


@frozen
class Tagged:
    """A value with a tag, such as `!Ref KmsKeyId`."""

    tag: str
    value: object


def tree_of(document: Located) -> object:
    """Return the data of a document. Values with tags are `Tagged`."""
    return _tree(document.node)


def _tree(node: object) -> object:
    if isinstance(node, CommentedMap):
        return _with_tag(node, {str(key): _tree(value) for key, value in node.items()})
    if isinstance(node, CommentedSeq):
        return _with_tag(node, [_tree(item) for item in node])
    if isinstance(node, TaggedScalar):
        return _with_tag(node, str(node.value))
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return ascii(node)


def _with_tag(node: CommentedMap | CommentedSeq | TaggedScalar, value: object) -> object:
    tag = node.tag.value if node.tag is not None else None
    named = str(tag) if tag else ""
    return Tagged(named, value) if named.startswith("!") else value


def without_tags(value: object) -> object:
    """Return data in which each tagged value is the text of its tag, for checks of its shape."""
    if isinstance(value, Tagged):
        return value.tag
    if isinstance(value, Mapping):
        return {key: without_tags(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_tags(one) for one in value]
    return value
