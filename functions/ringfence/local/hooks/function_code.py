"""The code of functions in ministack."""

from __future__ import annotations

import hashlib
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
                except BaseException:
                    shutil.rmtree(known, ignore_errors=True)
                    raise
                _extracted[digest] = known
        return known
