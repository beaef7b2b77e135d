"""The code of all functions: one folder, built without Docker, with the same bytes for the same input.

Dependencies come from `uv.lock` with their hashes, as wheels for Lambda's platform. The folder contains only
the botocore data that the functions' operations need.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from stacks import bytecode, service_models
from stacks.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stacks.operations import Operations

FUNCTIONS = ROOT / "functions"
PYTHON, PLATFORM = "3.13", "aarch64-manylinux2014"
GROUP = "lambda"
LEFT_OUT = ("cli", "insights", "local", "posture", "privileges")
"""Packages of `ringfence` that functions do not import."""
USED = (
    "insights/activity",
    "insights/__init__.py",
    "insights/daily.py",
    "insights/network.py",
    "insights/query.py",
)
"""What functions import of them, all the same."""
POLICY = "policy.json"

_DATA = Path("botocore", "data")
_UNUSED = (
    "**/__pycache__",
    "bin",
    "boto3/data",
    "boto3/examples",
    "**/py.typed",
    "**/*.pyi",
)
_KEPT_OF_DIST_INFO = ("METADATA", "licenses")


class BundleError(RuntimeError):
    """The bundle cannot be built. The message contains the tool's output."""


class FunctionCode:
    """The input of one folder, and how to build it.

    Parameters
    ----------
    operations
        The operations that the functions call, by service.
    policy
        The compiled policy, which is in the same folder as the handlers.

    """

    def __init__(self, operations: Operations, policy: Mapping[str, object]) -> None:
        self.operations = operations
        self.policy = json.dumps(policy, indent=1, sort_keys=True) + "\n"

    @cached_property
    def digest(self) -> str:
        """Return a hash of the folder's input."""
        told = hashlib.sha256()
        builders = (__file__, bytecode.__file__, service_models.__file__)
        for part in (
            json.dumps(self.operations, sort_keys=True),
            self.policy,
            requirements(),
            bytecode.version(self.python),
            *(Path(one).read_text(encoding="utf-8") for one in builders),
        ):
            told.update(part.encode() + b"\0")
        for path in sources():
            told.update(str(path.relative_to(FUNCTIONS)).encode() + b"\0" + path.read_bytes() + b"\0")
        return told.hexdigest()

    @cached_property
    def python(self) -> str:
        """The interpreter that compiles the code. Empty if this machine has none of Lambda's version."""
        return bytecode.interpreter(PYTHON)

    def make(self, folder: Path) -> None:
        """Fill a folder. Raises BundleError."""
        _install(folder)
        try:
            service_models.trim(folder / _DATA, self.operations)
        except service_models.UnknownOperationError as error:
            raise BundleError(f"{error}: add its name in botocore to stacks/operations.py") from error
        _remove_unused(folder)
        for path in sources():
            target = folder / path.relative_to(FUNCTIONS)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        (folder / POLICY).write_text(self.policy, encoding="utf-8")
        if self.python:
            bytecode.compile_all(folder, self.python)


def sources() -> Iterator[Path]:
    """Yield our modules for Lambda, in order."""
    out, used = (tuple(FUNCTIONS / "ringfence" / name for name in names) for names in (LEFT_OUT, USED))
    for path in sorted(FUNCTIONS.rglob("*.py")):
        if not any(map(path.is_relative_to, out)) or any(map(path.is_relative_to, used)):
            yield path


@cache
def requirements() -> str:
    """Return the locked dependencies of the functions with their hashes."""
    return export("--only-group", GROUP)


def export(*choice: str) -> str:
    """Return some of the locked dependencies in the format of requirements.txt."""
    return _uv(
        "export",
        "--frozen",
        "--no-emit-project",
        "--no-header",
        "--no-annotate",
        *choice,
        "--directory",
        str(ROOT),
    )


def _install(folder: Path) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as wanted:
        wanted.write(requirements())
        wanted.flush()
        words = ("--python-platform", PLATFORM, "--python-version", PYTHON, "--only-binary", ":all:")
        _uv(
            *("pip", "install", "--quiet", "--require-hashes", "--no-deps", "--link-mode", "copy", *words),
            *("--target", str(folder), "--requirements", wanted.name),
        )


def _remove_unused(folder: Path) -> None:
    """Remove files that Lambda does not need."""
    for path in [path for pattern in _UNUSED for path in folder.glob(pattern)]:
        _remove(path)
    for path in [path for info in folder.glob("*.dist-info") for path in info.iterdir()]:
        if path.name not in _KEPT_OF_DIST_INFO:
            _remove(path)
    for path in (path for path in folder.iterdir() if path.name.startswith(".")):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _uv(*words: str) -> str:
    run = subprocess.run(  # noqa: S603 - the pinned uv, with words of our own
        [sys.executable, "-m", "uv", "--no-progress", *words], capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise BundleError(f"uv {words[0]} failed:\n{run.stderr.strip()}")
    return run.stdout
