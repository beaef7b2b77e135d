"""Read parts of a document that may have any shape, and suggest names for misspelled ones."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def get(value: object, key: str) -> object:
    """Return what a mapping has at a key. None for anything else."""
    return mapping_of(value).get(key)


def mapping_of(value: object) -> Mapping[str, object]:
    """Return a mapping. Empty for anything else."""
    return value if isinstance(value, dict) else {}


def items_of(value: object) -> list[object]:
    """Return a list. Empty for anything else."""
    return value if isinstance(value, list) else []


def meant(given: str, known: Iterable[str]) -> str:
    """Return a suggestion in words. Empty if no known name is close.

    Examples
    --------
    >>> meant("contian-instance", ("contain-instance", "harden-bucket"))
    ' (did you mean contain-instance?)'
    """
    found = closest(given, known)
    return f" (did you mean {found}?)" if found else ""


def closest(given: str, known: Iterable[str]) -> str:
    """Return the known name that is close. Empty if none is."""
    return next(iter(get_close_matches(given, tuple(known), n=1, cutoff=0.75)), "")
