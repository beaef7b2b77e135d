"""A runbook's stages as a picture: an SVG that is readable in light and dark, and on a telephone."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.runbook import Runbook, Stage

WIDTH, MARGIN, PADDING = 340, 4, 12
"""The width is that of a telephone: the picture needs no zoom there, and is not enlarged elsewhere."""
_LINE, _TITLE, _GAP, _HEAD = 20, 19, 34, 8
_LONGEST_TITLE = 38
"""Characters of a title that fit into one line."""
_STYLE = """
.stages{--ink:#1f2328;--dim:#59636e;--box:#f6f8fa;--edge:#818b98;--first:#0a58ca;background:transparent}
@media(prefers-color-scheme:dark){.stages{--ink:#e6edf3;--dim:#aab4be;--box:#20262d;--edge:#7d8590;--first:#7ab7ff}}
.stages rect{fill:var(--box);stroke:var(--edge)}
.stages rect.first{stroke:var(--first);stroke-width:2}
.stages path{stroke:var(--edge);fill:none;stroke-width:1.5}
.stages text{fill:var(--ink);font:13px system-ui,sans-serif}
.stages .title{font-weight:600;font-size:14px}
.stages .id{font:12px ui-monospace,Menlo,Consolas,monospace}
.stages .dim{fill:var(--dim);font-size:12px}
"""
"""The colors follow the reader's system. The website sets the variables for its own switch."""


class _Part(NamedTuple):
    """Some elements, and the height that they take."""

    height: int
    elements: tuple[str, ...]


def alternative(runbook: Runbook) -> str:
    """Return the picture in words, for those who cannot see it.

    Examples
    --------
    >>> from ringfence.runbooks.harden_snapshot import HARDEN_SNAPSHOT
    >>> alternative(HARDEN_SNAPSHOT)
    'Stages of harden-snapshot: 1 fix (make-snapshot-private); 2 evaluate (evaluate-rule)'
    """
    stages = (
        f"{number} {stage.id} ({', '.join(one.id for one in stage.remediations)})"
        for number, stage in enumerate(runbook.stages, start=1)
    )
    return f"Stages of {runbook.id}: {'; '.join(stages)}"


def picture(runbook: Runbook) -> str:
    """Return the SVG."""
    parts = [_start()]
    for number, stage in enumerate(runbook.stages, start=1):
        parts.append(_stage(number, stage, sum(part.height for part in parts)))
    top = sum(part.height for part in parts)
    parts.append(_end(top))
    height = top + parts[-1].height + MARGIN
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return "\n".join(
        (
            f'<svg class="stages" xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<title>{escape(alternative(runbook))}</title>",
            f"<style>{_STYLE}</style>",
            *(element for part in parts for element in part.elements),
            "</svg>\n",
        )
    )


def _start() -> _Part:
    return _Part(_LINE, (_text("A finding, or a person", _LINE - 6, x=WIDTH // 2, anchor="middle"),))


def _stage(number: int, stage: Stage, above: int) -> _Part:
    """Draw a stage below an arrow that says what it waits for."""
    top = above + _GAP
    first = ' class="first"' if number == 1 or stage.contains else ""
    lines = [*_rows(number, stage, top)]
    height = lines[-1][0] - top + PADDING
    box = f'<rect{first} x="{MARGIN}" y="{top}" width="{WIDTH - 2 * MARGIN}" height="{height}" rx="6"/>'
    return _Part(_GAP + height, (_arrow(above), box, *(element for _, element in lines)))


def _rows(number: int, stage: Stage, top: int) -> Iterator[tuple[int, str]]:
    """Yield each text of a stage with its base line."""
    line = top + _HEAD
    for words in textwrap.wrap(f"{number}. {stage.title}", _LONGEST_TITLE):
        line += _TITLE
        yield line, _text(words, line, name="title")
    for one in stage.remediations:
        line += _LINE
        yield line, _text(one.id, line, name="id")
        if one.by_default != "on":
            yield line, _text(one.by_default, line, name="dim", x=WIDTH - MARGIN - PADDING, anchor="end")


def _end(above: int) -> _Part:
    line = above + _GAP + 10
    said = _text("Verified: no steps remain", line, x=WIDTH // 2, anchor="middle")
    return _Part(_GAP + 16, (_arrow(above), said))


def _arrow(above: int) -> str:
    x, start, end = WIDTH // 2, above + 6, above + _GAP - 6
    return f'<path d="M{x} {start}V{end}m-5 -6l5 6l5 -6"/>'


def _text(words: str, line: int, *, name: str = "", x: int = MARGIN + PADDING, anchor: str = "") -> str:
    kind = f' class="{name}"' if name else ""
    place = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{kind} x="{x}" y="{line}"{place}>{escape(words)}</text>'
