"""Suggestions for misspelled names, in error messages."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 3


def one_of(given: str, names: Iterable[str]) -> str:
    """Return what is expected instead of `given`, the closest names first.

    Examples
    --------
    >>> one_of("contain-instnce", ("harden-bucket", "contain-instance"))
    'must be one of harden-bucket, contain-instance. Did you mean contain-instance?'
    """
    known = tuple(names)
    close = get_close_matches(given, known, _MOST)
    hint = f". Did you mean {' or '.join(close)}?" if close else ""
    return f"must be one of {', '.join(known)}{hint}"
