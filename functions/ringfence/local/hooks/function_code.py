"""The code of functions in ministack."""

from __future__ import annotations

import hashlib
import importlib.machinery
import shutil
import tempfile
import threading
import types
import zipfile
from pathlib import Path
from typing import Any

from ringfence.local.hooks.patching import replace

_extracting = threading.Lock()
_extracted: dict[str, Path] = {}


def install() -> None:
    """Fix what ministack gets wrong. The code below describes it."""
    from ministack.core import lambda_runtime

    replace(lambda_runtime, "zipfile", types.SimpleNamespace(**vars(zipfile) | {"ZipFile": _Bundle}))


def remove_foreign_packages(folder: Path) -> None:
    """Remove the packages whose binaries are for Lambda's processor and its version of Python.

    The interpreter of the local AWS cannot load them. Without them, it imports the packages that are
    installed for itself.
    """
    foreign = (one for one in folder.glob("*/**/*.so") if not _is_loadable(one.name))
    for name in {one.relative_to(folder).parts[0] for one in foreign}:
        shutil.rmtree(folder / name)


def _is_loadable(name: str) -> bool:
    """Return whether the name of a binary is one that this interpreter looks for."""
    suffixes = importlib.machinery.EXTENSION_SUFFIXES
    return any(name.endswith(one) and "." not in name.removesuffix(one) for one in suffixes)


class _Bundle(zipfile.ZipFile):
    """Workers: each worker extracts and compiles its function's code.

    On Lambda the code is already there. Here all workers of the same code share one copy. Thirty workers at
    once would write half a gigabyte and compile the same modules thirty times on two cores.
    """

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        target = Path(path)
        if target.name != "code" or members or pwd or any(target.iterdir()):
            super().extractall(path, members, pwd)
            return
        shared = self._shared()
        target.rmdir()
        target.symlink_to(shared, target_is_directory=True)

    def _shared(self) -> Path:
        if self.filename is None:
            raise ValueError("ministack extracts code from a file")
        digest = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        with _extracting:
            known = _extracted.get(digest)
            if known is None or not known.exists():
                known = Path(tempfile.mkdtemp(prefix="code-"))
                try:
                    super().extractall(known)
                    remove_foreign_packages(known)
                except BaseException:
                    shutil.rmtree(known, ignore_errors=True)
                    raise
                _extracted[digest] = known
        return known
