"""The commands of the tutorial work, in their order: each block of bash, on a deployment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ringfence.local.deploy import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.world import World

pytestmark = pytest.mark.e2e

TUTORIAL = (REPOSITORY / "docs" / "tutorial.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITHIN = 180
"""Seconds; half a minute where nothing else runs."""


def blocks(language: str) -> list[str]:
    return [code for name, code in BLOCK.findall(TUTORIAL) if name == language]


def program(folder: Path, name: str, module: str) -> None:
    """Put a program on the path of the tutorial's shell."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
    path.chmod(0o755)


def test_the_commands_of_the_tutorial_contain_an_instance_and_release_it(
    world: World, tmp_path: Path
) -> None:
    """The deployment is that of other tests, whose policy contains at once as the tutorial's does."""
    program(tmp_path, "ringfence", "ringfence.cli.main")
    program(tmp_path, "aws", "tests.support.aws_command")
    (tmp_path / "tutorial.yaml").write_text(blocks("yaml")[0], "utf-8")
    shown = subprocess.run(  # noqa: S603 - commands of our own documentation
        ["/bin/bash", "-euo", "pipefail", "-x", "-c", "\n".join(blocks("bash"))],
        cwd=tmp_path,
        env={
            **os.environ,
            **world.local.environment(),
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'functions'}",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    for words in ("ringfence-quarantine", "contain at once", "complete", "released"):
        assert words in shown.stdout, shown.stdout + shown.stderr
