"""`ringfence demo` ends well where all is as it should be."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from click import unstyle

from ringfence.local.deploy import REPOSITORY

pytestmark = pytest.mark.e2e
TERMINAL = {"FORCE_COLOR": "1", "COLUMNS": "110", "TERM": "xterm-256color"}
"""The README shows what a terminal shows."""
WITHIN = 240
"""Seconds; two minutes where nothing else runs."""


@pytest.mark.usefixtures("folder")
def test_the_demo_shows_a_contained_instance_and_ends_with_zero() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "ringfence.cli.main", "demo"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "functions"), **TERMINAL},
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stderr == ""
    printed = unstyle(shown.stdout)
    for words in (
        "verified: contained",
        "verified: complete",
        "Timeline, in seconds from the finding",
        "the same as the archive's first versions",
        "Before and after, as AWS shows it",
        "Residual risk",
        "shop-web-1 is contained. shop-web-2 is unchanged.",
    ):
        assert words in printed
    lines = iter(facts(printed))
    assert [one for one in facts(in_readme()) if one not in lines] == [], "the README shows another output"


def in_readme() -> str:
    """Return the output of the demo that the README shows. It leaves parts out."""
    start = "```\nRingfence\n"
    return (REPOSITORY / "README.md").read_text("utf-8").partition(start)[2].partition("```")[0]


def facts(text: str) -> list[str]:
    """Return what a run of the demo says, without what is new in each run: ids, times and line breaks."""
    for pattern in (r"\b(?:i|vpc|eni|sg|vol|inc)-[\w.]+(?:-\w+)?", r"\b\d+\.\d+ s\b", r"-[0-9a-f]{10}\b"):
        text = re.sub(pattern, "X", text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line not in {"", "…", "Ringfence"}]
