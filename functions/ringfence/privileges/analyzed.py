"""Read the policies that IAM Access Analyzer generated. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.envelope import parse_json
from ringfence.model.document import Document
from ringfence.privileges.generate import Generated, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ANY = "*"
_PLACEHOLDER = "${"


def from_analyzer(policies: Iterable[str]) -> Generated:
    """Return one policy with the statements of all. Raises BadInput if one of them is no policy.

    Access Analyzer writes placeholders such as `${BucketName}` for resources that a person must fill in.
    """
    statements: list[Statement] = []
    for text in policies:
        for one in Document.of(parse_json(text)).children("Statement"):
            number, sid = len(statements) + 1, one.optional_text("Sid")
            used = {other.sid for other in statements}
            statements.append(
                Statement(
                    f"{sid or 'Generated'}{number}" if not sid or sid in used else sid,
                    _texts(one, "Action"),
                    _texts(one, "Resource"),
                    tuple(_conditions(one)),
                )
            )
    return Generated(tuple(statements), tuple(why for one in statements for why in _reasons(one)))


def _texts(statement: Document, name: str) -> tuple[str, ...]:
    given = statement.value.get(name)
    return (given,) if isinstance(given, str) else tuple(statement.texts(name))


def _conditions(statement: Document) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if not statement.has("Condition"):
        return
    block = statement.child("Condition")
    for operator in block.value:
        keys = block.child(operator)
        yield from ((operator, key, _texts(keys, key)) for key in keys.value)


def _reasons(statement: Statement) -> Iterator[str]:
    actions = ", ".join(statement.actions)
    if _ANY in statement.resources:
        yield f"{actions} on {_ANY}: Access Analyzer names no resource"
    for one in statement.resources:
        if _PLACEHOLDER in one:
            yield f"{actions} on {one}: Access Analyzer does not know which; write the name"
