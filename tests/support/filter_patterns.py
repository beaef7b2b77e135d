"""Filter patterns of CloudWatch Logs for JSON, evaluated as AWS documents them.

Only what metric filters on CloudTrail's records use: comparisons of texts, existence, `&&`, `||` and
parentheses. A field that does not exist equals nothing and differs from nothing. A wildcard needs quotes.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

Predicate = Callable[[Mapping[str, object]], bool]
_TOKEN: Final = re.compile(
    r'\s*(?:(?P<op>&&|\|\||!=|=|\(|\)|\{|\})|(?P<field>\$(?:\.\w+)+)|"(?P<quoted>[^"]*)"'
    r"|(?P<word>NOT EXISTS|EXISTS|IS NULL|[\w.:/-]+))"
)
_ABSENT: Final = object()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None:
                raise ValueError(f"the pattern is wrong at {text[place : place + 20]!r}")
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind]))
            place = match.end()

    def take(self, text: str = "") -> tuple[str, str]:
        if not self.tokens or (text and self.tokens[0][1] != text):
            raise ValueError(f"the pattern lacks {text or 'an end'}")
        return self.tokens.pop(0)

    def next_is(self, text: str) -> bool:
        return bool(self.tokens) and self.tokens[0] == ("op", text)

    def either(self) -> Predicate:
        parts = [self.both()]
        while self.next_is("||"):
            self.take()
            parts.append(self.both())
        return lambda record: any(one(record) for one in parts)

    def both(self) -> Predicate:
        parts = [self.one()]
        while self.next_is("&&"):
            self.take()
            parts.append(self.one())
        return lambda record: all(one(record) for one in parts)

    def one(self) -> Predicate:
        if self.next_is("("):
            self.take("(")
            inner = self.either()
            self.take(")")
            return inner
        kind, field = self.take()
        if kind != "field":
            raise ValueError(f"{field} is no field")
        kind, operator = self.take()
        if operator == "NOT EXISTS":
            return lambda record: _value(record, field) is _ABSENT
        if operator not in {"=", "!="}:
            raise ValueError(f"{operator} is no operator")
        kind, wanted = self.take()
        if kind not in {"quoted", "word"} or ("*" in wanted and kind == "word"):
            raise ValueError(f"{wanted} is no value")
        return lambda record: _compare(_value(record, field), wanted, equal=operator == "=")


def _value(record: object, field: str) -> object:
    found = record
    for name in field.split(".")[1:]:
        if not isinstance(found, Mapping) or name not in found:
            return _ABSENT
        found = found[name]
    return found


def _compare(value: object, wanted: str, *, equal: bool) -> bool:
    if not isinstance(value, str):
        return False
    pattern = ".*".join(map(re.escape, wanted.split("*")))
    return bool(re.fullmatch(pattern, value, re.DOTALL)) is equal


def compiled(pattern: str) -> Predicate:
    """Return the predicate of a pattern. Raises ValueError that says what is wrong with it."""
    parser = _Parser(pattern)
    parser.take("{")
    found = parser.either()
    parser.take("}")
    if parser.tokens:
        raise ValueError("something follows the pattern")
    return found
