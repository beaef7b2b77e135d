"""The zip file of a bundle: written at once, and read with a limit for each file."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

from ringfence.cli.bundle_form import MOST_BYTES, sha256
from ringfence.cli.bundle_zip_form import form_fault
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of every file: the manifest says when the bundle was made."""


_DAMAGED = (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class Files(Protocol):
    """The files of a bundle."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names. One that occurs twice is in it twice."""

    @property
    def form_fault(self) -> str:
        """Why programs can extract other files from it. Empty: all extract the same."""

    def read(self, name: str) -> bytes:
        """Return the content of a file. Raises BadInput if it cannot be read."""


class Adding(Protocol):
    """Keeps the files of a bundle."""

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of what was added, by name."""

    def add(self, name: str, data: bytes) -> None:
        """Add a file."""


@dataclass
class BundleWriter:
    """Writes the files of a bundle."""

    zip: zipfile.ZipFile
    _digests: dict[str, str] = field(default_factory=dict)

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of what was written."""
        return self._digests

    def add(self, name: str, data: bytes) -> None:
        """Write a file."""
        info = zipfile.ZipInfo(name, _TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        self.zip.writestr(info, data)
        self._digests[name] = sha256(data)


@contextmanager
def written_bundle(path: Path) -> Iterator[BundleWriter]:
    """Write a bundle that only its owner can read. Without an error, it replaces what was there.

    Raises BadInput.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        file = os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        with file, zipfile.ZipFile(file, "w") as made:
            yield BundleWriter(made)
        new.replace(path)
    except OSError as error:
        raise BadInput("--out", f"cannot be written: {error.strerror}", str(path)) from error
    finally:
        new.unlink(missing_ok=True)


class ZippedFiles:
    """The files of a bundle in a zip file. `path`: where it is. Raises BadInput if it is none."""

    def __init__(self, path: Path) -> None:
        with ExitStack() as opened:
            try:
                self._file = opened.enter_context(path.open("rb"))
                self._zip = opened.enter_context(zipfile.ZipFile(self._file))
            except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
                why = (error.strerror if isinstance(error, OSError) else None) or "it is no zip file"
                raise BadInput("--bundle", f"cannot be read: {why}", str(path)) from error
            self._opened = opened.pop_all()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files, in their order."""
        return tuple(one.filename for one in self._zip.infolist())

    @property
    def form_fault(self) -> str:
        """What is in the zip file beside its files."""
        return form_fault(self._file, self._zip.infolist())

    def read(self, name: str) -> bytes:
        """Return the content of a file. Raises BadInput if it is missing, damaged or too large."""
        try:
            with self._zip.open(name) as file:
                data = file.read(MOST_BYTES + 1)
        except KeyError as error:
            raise BadInput(name, "is missing") from error
        except _DAMAGED as error:
            raise BadInput(name, "cannot be read: it is damaged") from error
        if len(data) > MOST_BYTES:
            raise BadInput(name, f"must have at most {MOST_BYTES} bytes")
        return data

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._opened.close()
