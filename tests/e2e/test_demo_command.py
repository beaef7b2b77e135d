"""`ringfence demo` ends well where all is as it should be."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ringfence.local.deploy import REPOSITORY

pytestmark = pytest.mark.e2e
WITHIN = 240
"""Seconds; two minutes where nothing else runs."""


@pytest.mark.usefixtures("folder")
def test_the_demo_shows_a_contained_instance_and_ends_with_zero() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "ringfence.cli.main", "demo", "--plain"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "functions")},
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stderr == ""
    for words in (
        "verified: contained",
        "verified: complete",
        "Timeline, in seconds from the finding",
        "the same as the archive's first versions",
        "Before and after, as AWS shows it",
        "Residual risk",
        "shop-web-1 is contained. shop-web-2 is unchanged.",
    ):
        assert words in shown.stdout


@pytest.mark.usefixtures("folder")
def test_the_demo_of_a_leaked_key_ends_with_the_key_dead_and_the_other_one_at_work() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "ringfence.cli.main", "demo", "--scenario", "credentials", "--plain"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "functions")},
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stderr == ""
    for words in (
        "verified: not contained",
        "the same as the archive's first versions",
        "Before and after, as AWS responds",
        "Residual risk",
        "It is not contained: a person must close or review what is still open to an intruder.",
    ):
        assert words in shown.stdout
