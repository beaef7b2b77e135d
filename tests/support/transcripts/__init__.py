"""What the commands print, at several widths and in a pipe, for a person to review.

`python -m tests.support.transcripts` writes `tests/support/golden/transcripts/` again. Read the difference
before you commit it.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.support.transcripts import documents, local, log, offline, operators
from tests.support.transcripts.printing import SIZES

if TYPE_CHECKING:
    from tests.support.transcripts.printing import View

FOLDER = Path(__file__).parents[1] / "golden" / "transcripts"
VIEWS = MappingProxyType({**log.VIEWS, **operators.VIEWS, **offline.VIEWS, **local.VIEWS, **documents.VIEWS})
"""The views, by the names of their files."""


def document(shown: View) -> str:
    """Return the file of a view, given what it prints at each width."""
    titles = (f"== {f'{width} columns' if width else 'in a pipe'} ==" for width in SIZES)
    return "\n".join(f"{title}\n{shown(width)}" for title, width in zip(titles, SIZES, strict=True))
