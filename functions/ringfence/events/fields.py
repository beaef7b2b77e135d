"""Strict readers for fields that all event sources have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.subject import ACCOUNT, REGION

if TYPE_CHECKING:
    import re

    from ringfence.model.document import Document

TITLE_LENGTH = 200


def fit(pattern: re.Pattern[str], field: str, given: str, what: str) -> str:
    """Return `given` if it matches the pattern. Raises BadInput."""
    if not pattern.fullmatch(given):
        raise BadInput(field, f"must be {what}", given)
    return given


def account(document: Document, key: str) -> str:
    """Return the account id at `key`."""
    return fit(ACCOUNT, document.at(key), document.text(key), "a 12-digit account id")


def region(document: Document, key: str) -> str:
    """Return the region at `key`."""
    return fit(REGION, document.at(key), document.text(key), "a region such as eu-west-1")


def instant(document: Document, key: str) -> datetime:
    """Return the time at `key`, an ISO 8601 text, in UTC."""
    given = document.text(key)
    try:
        read = datetime.fromisoformat(given)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadInput(document.at(key), "must be a time such as 2026-01-31T23:59:59.000Z", given)


def title(text: str) -> str:
    """Shorten a title and escape it for a terminal. An intruder can influence this text."""
    printable = "".join(char if char.isprintable() else " " for char in text[: 2 * TITLE_LENGTH])
    plain = " ".join(printable.split())
    return plain if len(plain) <= TITLE_LENGTH else plain[: TITLE_LENGTH - 1] + "…"


def formatted(text: str) -> str:
    """Return an untrusted value in a form for messages."""
    return ascii(text[:80])[1:-1]
