"""The folder in which a scan keeps what it found, so that it can be continued, and compared with the next."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.posture.kept import Ending, Judged, judged_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from ringfence.model.place import Place

OPTION = "--state"
_OPEN = "scan.json"
"""The file that exists while a scan is not finished."""
_LOCK = ".lock"


def default_folder(home: str) -> Path:
    """Return the folder for a home account."""
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "ringfence" / "scan" / home


@dataclass(frozen=True)
class KeptPlace:
    """What the last look at a place kept."""

    path: Path
    ending: Ending

    def lines(self) -> Iterator[Judged]:
        """Yield each resource. Raises BadInput if somebody changed the file."""
        try:
            with gzip.open(self.path, "rt", encoding="utf-8") as file:
                yield from (judged_of(line) for line in file)
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise BadInput(OPTION, f"cannot be read: {error}", str(self.path)) from error


@dataclass(frozen=True)
class ScanFolder:
    """The folder. Only its owner can read it."""

    path: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no other scan use the folder. Raises BadInput."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.path / _LOCK).open("w")
        except OSError as error:
            raise BadInput(OPTION, f"cannot be used: {error.strerror}", str(self.path)) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadInput(OPTION, "is used by another scan", str(self.path)) from None
            yield

    def begin(self, scan: str, digest: str) -> None:
        """Note that a scan begins."""
        self._write(_OPEN, canonical({"scan": scan, "rules": digest}))

    def interrupted(self) -> tuple[str, str] | None:
        """Return what identifies the scan that was not finished, and the digest of its rules."""
        try:
            given = Document.of(json.loads((self.path / _OPEN).read_text("utf-8")))
            return given.text("scan"), given.text("rules")
        except (OSError, ValueError, BadInput):
            return None

    def finish(self) -> None:
        """Note that the scan is finished."""
        (self.path / _OPEN).unlink(missing_ok=True)

    def kept(self, place: Place) -> KeptPlace | None:
        """Return what the last look at a place kept. None if there was none."""
        try:
            text = (self.path / f"{_name(place)}.json").read_text("utf-8")
            return KeptPlace(self._data(place), Ending.of(text))
        except (OSError, UnicodeDecodeError, BadInput):
            return None

    def keep(self, place: Place, look: Callable[[Callable[[Judged], None]], Ending]) -> KeptPlace:
        """Run a look at a place, and keep what it writes. What was kept before is replaced at its end."""
        new = self.path / f"{_name(place)}.new"
        try:
            with _private(new) as raw, gzip.open(raw, "wt", compresslevel=1, encoding="utf-8") as file:
                ending = look(lambda judged: print(judged.text, file=file))
            (self.path / f"{_name(place)}.json").unlink(missing_ok=True)
            new.replace(self._data(place))
        except OSError as error:
            raise BadInput(OPTION, f"cannot be written: {error.strerror}", str(new)) from error
        self._write(f"{_name(place)}.json", ending.text)
        return KeptPlace(self._data(place), ending)

    def _data(self, place: Place) -> Path:
        return self.path / f"{_name(place)}.jsonl.gz"

    def _write(self, name: str, text: str) -> None:
        try:
            with _private(self.path / name) as file:
                file.write(text.encode())
        except OSError as error:
            raise BadInput(OPTION, f"cannot be written: {error.strerror}", str(self.path / name)) from error


def _private(path: Path) -> BinaryIO:
    """Open a file for writing that only its owner can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _name(place: Place) -> str:
    return f"{place.account}.{place.region}"
