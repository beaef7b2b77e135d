"""Times for people have one form: `2026-01-31 23:59:59 UTC`. Programs get ISO 8601."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
OTHER = re.compile(r"%d %H:%M(?::%S)?Z| at \{[^}]*\.isoformat\(\)\}")
"""A time with a letter instead of its zone, and a sentence with a time for programs."""


def test_no_sentence_has_a_time_in_another_form() -> None:
    sources = (*(ROOT / "functions" / "ringfence").rglob("*.py"), *(ROOT / "docs").glob("*.py"))
    assert not [one.name for one in sources if OTHER.search(one.read_text("utf-8"))]
