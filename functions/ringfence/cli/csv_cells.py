"""Cells of CSV that no spreadsheet runs as a formula, and that command no terminal.

Findings can contain text from an intruder.

In many countries, spreadsheets separate cells by semicolons, and not by commas. They then do not see that a
cell is in quotes, so what follows a semicolon or the end of a line in it is the beginning of a cell for them.

https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re

_SIGN = r"[\s\x00-\x1f\"\ufeff]*[=+\-@\uff0b\uff0d\uff1d\uff20]"
"""What begins a formula, also in full width, with the white space and control characters before it."""
_FORMULA = re.compile(rf"\A(?=[\t\r\n]|{_SIGN})|(?<=[;\t\r\n])(?={_SIGN})")
"""The places at which a cell begins with a formula."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What commands a terminal, or changes the direction of a text. Tabs and ends of lines are kept."""


def cell(value: object) -> str:
    """Return a value as a cell. A list is its elements with spaces between them.

    Control characters are escaped.

    Examples
    --------
    >>> cell(("a", "b")), cell("=1+1"), cell("a;=1+1"), cell("1-2")
    ('a b', "'=1+1", "a;'=1+1", '1-2')
    """
    if isinstance(value, tuple):
        text = " ".join(map(str, value))
    else:
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    shown = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
    return _FORMULA.sub("'", shown)
