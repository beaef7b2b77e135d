"""Readers for fields of all event sources: strict ones, and lenient ones for what no decision needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.subject import ACCOUNT, REGION

if TYPE_CHECKING:
    import re

    from ringfence.model.document import Document

AHEAD = timedelta(minutes=15)
"""How much later than now the time of a finding may be. Updates would change nothing until then."""
TITLE_LENGTH = 200
MOST_DIGITS = 15
"""The maximum length of a count in text form."""


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


def not_ahead(at: datetime, now: datetime, field: str) -> None:
    """Raise BadInput that names the field, if a time is too far ahead."""
    if at > now + AHEAD:
        minutes = AHEAD // timedelta(minutes=1)
        raise BadInput(field, f"must not be more than {minutes} minutes later than now", at.isoformat())


def text_if_valid(document: Document, key: str) -> str:
    """Return the text at `key`. Empty for anything else."""
    given = document.value.get(key)
    return given if isinstance(given, str) else ""


def instant_if_valid(document: Document, key: str) -> datetime | None:
    """Return the time at `key`. None for anything else."""
    try:
        return instant(document, key)
    except BadInput:
        return None


def count_if_valid(document: Document, key: str) -> int:
    """Return the count at `key`, which can be a text. One for anything else."""
    given = document.value.get(key)
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS:
        given = int(given)
    # Every JSON reader represents a smaller number exactly.
    valid = isinstance(given, int) and not isinstance(given, bool) and 1 <= given < 2**53
    return int(str(given)) if valid else 1


def title(text: str, most: int = TITLE_LENGTH) -> str:
    """Shorten a title and escape it for a terminal. An intruder can influence this text."""
    printable = text[: 2 * most]
    if not printable.isprintable():
        printable = "".join(char if char.isprintable() else " " for char in printable)
    plain = " ".join(printable.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def formatted(text: str) -> str:
    """Return an untrusted value in a form for messages."""
    return ascii(text[:80])[1:-1]
