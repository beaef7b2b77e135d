"""Cells of CSV that no spreadsheet runs as a formula."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula in a spreadsheet. Findings can contain text from an intruder."""


def cell(value: object) -> str:
    """Return a value as a cell. A list is its elements with spaces between them.

    Examples
    --------
    >>> cell(("a", "b")), cell("=1+1")
    ('a b', "'=1+1")
    """
    if isinstance(value, tuple):
        text = " ".join(map(str, value))
    else:
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
