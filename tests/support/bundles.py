"""The Lambda bundle, made once for all workers of a session."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks.bundle import Bundle, scan_contents
from stacks.function_code import PLAIN, POLICY, FunctionCode
from stacks.operations import operations, scan_operations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stacks.function_code import Contents
    from stacks.operations import Operations
    from stacks.scan_settings import ScanSettings


@dataclass(frozen=True)
class Store:
    """A folder of bundles; each has its digest as its name."""

    folder: Path

    def bundle(self, policy: Mapping[str, object]) -> Bundle:
        """Return the bundle that carries this policy."""
        return _Stored(operations(), policy, self)

    def common(self, needed: Operations, contents: Contents) -> Path:
        """Return the folder of what bundles have in common, and make it if no worker has."""
        plain = FunctionCode(needed, {}, contents)
        made = self.folder / plain.digest
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                beginning = self.folder / "beginning"
                plain.make(beginning)
                beginning.rename(made)
        return made


class _Stored(Bundle):
    """A bundle of which only the policy is new."""

    def __init__(
        self, needed: Operations, policy: Mapping[str, object], store: Store, contents: Contents = PLAIN
    ) -> None:
        super().__init__(needed, policy, contents)
        self._store = store

    def of_scans(self, scans: ScanSettings) -> Bundle:
        """Return that of scheduled scans."""
        return _Stored(scan_operations(), self.given, self._store, scan_contents(scans))

    def make(self, folder: Path) -> None:
        """Link what every bundle has in common, and add the policy."""
        common = self._store.common(self.operations, self.contents)
        shutil.copytree(common, folder, copy_function=os.link, dirs_exist_ok=True)
        (folder / POLICY).unlink()  # a link: written to, it would change in every bundle
        (folder / POLICY).write_text(self.policy, encoding="utf-8")
