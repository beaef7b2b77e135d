"""Read the findings of a file: one event, a list of events, or one event in each line."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from ringfence.engine.decisions import findings_of
from ringfence.events.envelope import parse_json
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ringfence.model.finding import Finding
    from ringfence.policy.decision import Policy


def findings_in(path: Path, policy: Policy) -> Iterator[Finding]:
    """Yield the findings of a file, which can be compressed with gzip.

    Raises BadInput that names the file and the event.
    """
    for place, event in _events(path):
        try:
            yield from findings_of(parse_json(event) if isinstance(event, str) else event, policy)
        except BadInput as error:
            raise BadInput(place, str(error)) from error


def _events(path: Path) -> Iterator[tuple[str, object]]:
    """Yield each event, and where it is. Lines are not parsed yet."""
    text = _text(path)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                yield f"{path}, line {number}", line
        return
    if isinstance(found, list):
        yield from ((f"{path}, event {number}", one) for number, one in enumerate(found, start=1))
    else:
        yield str(path), text


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, ValueError) as error:
        raise BadInput(str(path), "cannot be read as UTF-8 text") from error
