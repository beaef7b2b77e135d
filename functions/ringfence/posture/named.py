"""The properties that an expression in CEL reads, from its tokens. Pure.

What an expression reads must have been read from the resource, so no form may be missed. A form without the
name of a property, such as `size(properties)`, reads everything, and rules that contain it are refused.

https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

from __future__ import annotations

import re
from functools import cache

from ringfence.model.frozen import frozen

PROPERTIES = "properties"
_TOKEN = re.compile(
    r"""
    (?P<space> [ \t\r\n\f]+ | //[^\n]*)
  | (?P<text>
        (?: [rR][bB]? | [bB][rR] ) (?: '{3}[\s\S]*?'{3} | "{3}[\s\S]*?"{3} | '[^'\r\n]*' | "[^"\r\n]*" )
      | [bB]? (?: '{3}(?:\\[\s\S]|[^\\])*?'{3} | "{3}(?:\\[\s\S]|[^\\])*?"{3} )
      | [bB]? (?: '(?:\\.|[^'\\\r\n])*' | "(?:\\.|[^"\\\r\n])*" )
    )
  | (?P<name> [A-Za-z_][A-Za-z0-9_]*)
  | (?P<number> [0-9]+ (?:\.[0-9]+)? (?:[eE][+-]?[0-9]+)? [A-Za-z0-9]*)
  | (?P<mark> [\s\S])
    """,
    re.VERBOSE,
)
_PLAIN = re.compile(r"(['\"])([A-Za-z][A-Za-z0-9]*)\1")
"""The text of a name, without an escape."""


@frozen
class Token:
    """A token: `space`, `text`, `name`, `number` or `mark`, and where it begins in the expression."""

    kind: str
    text: str
    start: int


@frozen
class Reads:
    """What an expression reads.

    Attributes
    ----------
    paths : tuple of tuple of str
        The names down to each property. The empty path is every property.
    unclear : int
        Where the name `properties` is without the name of a property behind it. -1: nowhere.
    """

    paths: tuple[tuple[str, ...], ...]
    unclear: int = -1


@cache
def reads(text: str) -> Reads:
    """Return what an expression reads. It must be one that CEL accepts.

    Examples
    --------
    >>> reads("properties . A.B.all(x, x.C) && 'properties.D' in properties['E']").paths
    (('A', 'B'), ('E',))
    >>> reads("size(properties) > 1")
    Reads(paths=((),), unclear=5)
    """
    tokens = _tokens(text)
    paths: dict[tuple[str, ...], None] = {}
    unclear = -1
    for at, token in enumerate(tokens):
        if token.text == PROPERTIES and not _is_member(tokens, at):
            path = _path(tokens, at + 1)
            paths.setdefault(path)
            unclear = token.start if not path and unclear < 0 else unclear
    return Reads(tuple(paths), unclear)


def _tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens without white space and comments, and with two marks at the end."""
    found = (Token(str(one.lastgroup), one[0], one.start()) for one in _TOKEN.finditer(text))
    ends = (Token("mark", "", len(text)),) * 3
    return (*(one for one in found if one.kind != "space"), *ends)


def _is_member(tokens: tuple[Token, ...], at: int) -> bool:
    """Return whether a name is that of a member, as in `resource.properties`."""
    if at < len(("owner", ".")) or tokens[at - 1].text != ".":
        return False
    owner = tokens[at - 2]
    return owner.text in {")", "]", "}"} or (owner.kind in {"name", "text"} and owner.text != "in")


def _path(tokens: tuple[Token, ...], at: int) -> tuple[str, ...]:
    """Return the names behind `properties`, without methods that are called.

    An index ends them, unless it is the first name: it can be a key that is not the name of a property.
    """
    path: list[str] = []
    while True:
        first, second, third = tokens[at : at + 3]
        quoted = _PLAIN.fullmatch(second.text)
        if first.text == "." and second.kind == "name" and third.text != "(":
            path.append(second.text)
            at += 2
        elif first.text == "[" and quoted and third.text == "]" and not path:
            path.append(quoted[2])
            at += 3
        else:
            return tuple(path)
