"""Untrusted text for people: shortened, on one line, without characters that cannot be printed."""

from __future__ import annotations

LONGEST = 300


def plain(text: str, most: int = LONGEST) -> str:
    r"""Shorten an untrusted text and escape characters that are not printable.

    Examples
    --------
    >>> plain("a title with a line feed: \n and more", most=26)
    'a title with a line feed: …'
    """
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[:most])
    return f"{shown}…" if len(text) > most else shown
