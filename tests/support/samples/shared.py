"""The corpus of third-party events beside the repository, for the tests that use it where it is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3].parent / "shared"
ABSENT = "the corpus of events, ../shared beside the repository, is not there or lacks a file"
"""One reason for every such test: pytest's summary shows the same skips in one line."""


def shared_file(name: str) -> Path:
    """Return a file of the corpus, or skip the test."""
    path = ROOT / name
    if not path.exists():
        pytest.skip(ABSENT)
    return path


def shared_events() -> dict[str, Any]:
    """Return every event by file name, or skip the test."""
    folder = shared_file("events/events")
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
