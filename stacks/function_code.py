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
from dataclasses import dataclass
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
NOT_DEPLOYED = ("ringfence/cli", "ringfence/insights", "ringfence/local", "ringfence/privileges")
"""What no function imports."""
OF_SCANS = ("scans.py", "ringfence/handlers/scans", "ringfence/posture")
"""What the function of scheduled scans alone imports."""
USED = (
    "ringfence/insights/activity",
    "ringfence/insights/__init__.py",
    "ringfence/insights/daily.py",
    "ringfence/insights/expression.py",
    "ringfence/insights/imported.py",
    "ringfence/insights/network.py",
    "ringfence/insights/query.py",
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


@dataclass(frozen=True)
class Contents:
    """What is in a folder besides the policy.

    Parameters
    ----------
    group
        The group of locked dependencies.
    left_out
        The files and folders of our code that are not in it.
    files
        The names and texts of further files.

    """

    group: str = GROUP
    left_out: tuple[str, ...] = (*NOT_DEPLOYED, *OF_SCANS)
    files: tuple[tuple[str, str], ...] = ()


PLAIN = Contents()
"""What is in the folder of all functions but that of scheduled scans."""


class FunctionCode:
    """The input of one folder, and how to build it.

    Parameters
    ----------
    operations
        The operations that the functions call, by service.
    policy
        The compiled policy, which is in the same folder as the handlers.
    contents
        What else is in the folder. Default: what all functions need but that of scheduled scans.

    """

    def __init__(
        self, operations: Operations, policy: Mapping[str, object], contents: Contents = PLAIN
    ) -> None:
        self.operations, self.given, self.contents = operations, policy, contents
        self.policy = json.dumps(policy, indent=1, sort_keys=True) + "\n"

    @cached_property
    def digest(self) -> str:
        """Return a hash of the folder's input."""
        told = hashlib.sha256()
        builders = (__file__, bytecode.__file__, service_models.__file__)
        for part in (
            json.dumps(self.operations, sort_keys=True),
            self.policy,
            requirements(self.contents.group),
            bytecode.version(self.python),
            *(part for file in self.contents.files for part in file),
            *(Path(one).read_text(encoding="utf-8") for one in builders),
        ):
            told.update(part.encode() + b"\0")
        for path in sources(self.contents.left_out):
            told.update(str(path.relative_to(FUNCTIONS)).encode() + b"\0" + path.read_bytes() + b"\0")
        return told.hexdigest()

    @cached_property
    def python(self) -> str:
        """The interpreter that compiles the code. Empty if this machine has none of Lambda's version."""
        return bytecode.interpreter(PYTHON)

    def make(self, folder: Path) -> None:
        """Fill a folder. Raises BundleError."""
        _install(folder, self.contents.group)
        try:
            service_models.trim(folder / _DATA, self.operations)
        except service_models.UnknownOperationError as error:
            raise BundleError(f"{error}: add its name in botocore to stacks/operations.py") from error
        _remove_unused(folder)
        for path in sources(self.contents.left_out):
            target = folder / path.relative_to(FUNCTIONS)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for name, text in ((POLICY, self.policy), *self.contents.files):
            (folder / name).write_text(text, encoding="utf-8")
        if self.python:
            bytecode.compile_all(folder, self.python)


def sources(left_out: tuple[str, ...] = PLAIN.left_out) -> Iterator[Path]:
    """Yield our modules for Lambda, in order, without some files and folders."""
    out, used = (tuple(FUNCTIONS / name for name in names) for names in (left_out, USED))
    for path in sorted(FUNCTIONS.rglob("*.py")):
        if not any(map(path.is_relative_to, out)) or any(map(path.is_relative_to, used)):
            yield path


@cache
def requirements(group: str = GROUP) -> str:
    """Return the locked dependencies of the functions with their hashes."""
    return export("--only-group", group)


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


def _install(folder: Path, group: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as wanted:
        wanted.write(requirements(group))
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
