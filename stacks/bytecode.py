"""Bytecode in the bundle: without it, a function compiles its code on every start.

Lambda's file system is read-only, and compiling is more than half of a cold start's CPU time. Bytecode
belongs to one version of Python. It is made where the machine has an interpreter of Lambda's version; Lambda
ignores bytecode of any other.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ROOT = "/var/task"
"""Where Lambda puts the code: tracebacks name files there, and not in the folder of the build."""


@cache  # uv looks at every interpreter of the machine, which takes longer than to start one
def interpreter(version: str) -> str:
    """Return the path of an interpreter of a version such as 3.13; empty where there is none."""
    if version == "{}.{}".format(*sys.version_info):
        return sys.executable
    return _output(sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", version)


@cache
def version(python: str) -> str:
    """Return the full version of an interpreter: another one may compile to other bytes."""
    return _output(python, "-I", "-S", "-c", "import sys; print(sys.version)") if python else ""


def compile_all(folder: Path, python: str) -> None:
    """Compile every module in a folder, in place.

    Nothing in the bundle changes, so Python need not compare the bytecode with its source when it starts.
    """
    words = ("--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", _ROOT, str(folder))
    subprocess.run(  # noqa: S603 - an interpreter that uv found, with words of our own
        [python, "-I", "-S", "-m", "compileall", "-q", *words], check=True
    )


def _output(*words: str) -> str:
    run = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - words of our own
    return "" if run.returncode else run.stdout.strip()
