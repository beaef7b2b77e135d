"""Suggestions for misspelled names, in error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 3


def unknown(field: str, given: str, names: Iterable[str]) -> BadInput:
    """Return the error for a name that is none of these. It suggests the most similar ones.

    Examples
    --------
    >>> print(unknown("COLOR", "gren", ("red", "green")))
    COLOR: must be one of red, green, not 'gren'. Did you mean green?
    """
    known = tuple(names)
    return BadInput(field, f"must be one of {', '.join(known)}", given, similar(given, known))


def similar(given: str, names: Iterable[str]) -> str:
    """Return a question that names the most similar names. Empty if there are none."""
    close = closest(given, names)
    return f"Did you mean {' or '.join(close)}?" if close else ""


def closest(given: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the most similar names, the closest first. Empty if none is similar. Case does not matter.

    Examples
    --------
    >>> closest("SOC", ("soc2", "hipaa"))
    ('soc2',)
    """
    from difflib import get_close_matches  # only now: a function that contains needs none

    known = {one.lower(): one for one in names}
    return tuple(known[one] for one in get_close_matches(given.lower(), tuple(known), _MOST))
