"""Cells of CSV that no spreadsheet runs as a formula. Findings can contain text from an intruder.

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


def cell(value: object) -> str:
    """Return a value as a cell. A list is its elements with spaces between them.

    Examples
    --------
    >>> cell(("a", "b")), cell("=1+1"), cell("a;=1+1"), cell("1-2")
    ('a b', "'=1+1", "a;'=1+1", '1-2')
    """
    if isinstance(value, tuple):
        text = " ".join(map(str, value))
    else:
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return _FORMULA.sub("'", text)
