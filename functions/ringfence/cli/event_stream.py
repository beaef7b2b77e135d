"""Read files of recorded events as a stream, so that memory does not grow with the file.

A file is plain or gzip. It contains one JSON document, a list, documents on lines or one after the other, or
the output of `aws guardduty get-findings`, the files of CloudTrail and the archive of Ringfence.
"""

from __future__ import annotations

import gzip
import io
import re
from codecs import BOM_UTF8, getincrementaldecoder
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import click
import ijson

from ringfence.events.envelope import WHOLE, bad_json, json_decoder, parse_json
from ringfence.events.recorded import LISTS
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from _typeshed import WriteableBuffer

_GZIP = b"\x1f\x8b"
_HEAD = 65_536
_YAML = (".yaml", ".yml")
_SPACE = re.compile(r"[ \t\r\n]+")
MOST_BYTES = 2**24
"""The maximum size of one document. An event has at most 1 MiB."""
SUFFIXES = (".json", ".jsonl", ".ndjson", ".gz", ".asff")
"""The files of a folder that are read."""


@frozen
class Read:
    """One document of a file, or why it cannot be read. `place` says where it is, for people."""

    place: str
    document: object = None
    error: BadInput | None = None


def paths_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files to read: each named file, and those in each named folder. Raises BadInput."""
    found: list[str] = []
    for name in names:
        path = Path(name)
        if name != "-" and path.is_dir():
            within = sorted(one for one in path.rglob("*") if one.suffix in SUFFIXES and one.is_file())
            found.extend(map(str, within))
        else:
            found.append(name)
    if not found:
        raise BadInput("PATH", f"must contain files that end in {', '.join(SUFFIXES)}", " ".join(names))
    return tuple(dict.fromkeys(found))


def size_of(names: tuple[str, ...]) -> int | None:
    """Return the number of bytes of these files. None if one of them is standard input."""
    if "-" in names:
        return None
    try:
        return sum(Path(name).stat().st_size for name in names)
    except (OSError, ValueError):
        return None


def read_file(
    name: str, progress: Callable[[int], None], lists: Sequence[str] = LISTS, file: IO[bytes] | None = None
) -> Iterator[Read]:
    """Yield the documents of a file. `progress` gets the number of bytes after each part.

    `lists` are the names of members that contain documents. Before such a member, only texts, numbers, true,
    false and null are skipped. `file` is an open file that is read instead of opening `name`.

    Raises
    ------
    BadInput
        The file cannot be opened. What is wrong inside of it is an item of the stream.

    """
    try:
        with _opened(name) if file is None else nullcontext(file) as raw:
            yield from _documents(name, _unpacked(_Counting(raw, progress)), lists)
    except (OSError, EOFError) as error:
        words = getattr(error, "strerror", None) or str(error) or "input/output error"
        raise BadInput(name, f"cannot be read: {words}") from error
    except ValueError as error:
        raise BadInput(name, f"cannot be read: {error}") from error


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield click.get_binary_stream("stdin")
        return
    with Path(name).open("rb") as file:
        yield file


class _Counting(io.RawIOBase):
    """A file that reports how much was read."""

    def __init__(self, file: IO[bytes], progress: Callable[[int], None]) -> None:
        self._file = file
        self._progress = progress

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self._progress(len(data))
        return data

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)


def _unpacked(raw: _Counting) -> io.BufferedReader:
    file: io.BufferedReader = io.BufferedReader(cast("io.RawIOBase", raw), _HEAD)
    if not file.peek(len(_GZIP)).startswith(_GZIP):
        return file
    unpacked = gzip.GzipFile(fileobj=cast("IO[bytes]", file))
    return io.BufferedReader(cast("io.RawIOBase", unpacked), _HEAD)


def _documents(name: str, file: io.BufferedReader, lists: Sequence[str]) -> Iterator[Read]:
    if file.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
        file.read(len(BOM_UTF8))
    head = file.peek(_HEAD)
    if name.endswith(_YAML) and not head.lstrip().startswith((b"{", b"[")):
        yield Read(name, error=BadInput(WHOLE, "is YAML and must be JSON; `--policy` names the policy file"))
    elif head.lstrip().startswith(b"["):
        yield from _streamed(name, file, "item")
    elif match := _first_list(lists).match(head):
        yield from _streamed(name, file, f"{match[1].decode()}.item")
    elif _is_document(head.partition(b"\n")[0]):
        yield from _lines(name, file)
    else:
        yield from _successive(name, file)


def _first_list(names: Sequence[str]) -> re.Pattern[bytes]:
    """Return a pattern for a document whose first list or object is a list of one of these names."""
    before = r'(?:\s*"[^"\\]*"\s*:\s*(?:"[^"\\]*"|[-0-9.]+|true|false|null)\s*,)*'
    return re.compile(rf'\s*\{{{before}\s*"({"|".join(names)})"\s*:\s*\['.encode())


def _streamed(name: str, file: io.BufferedReader, prefix: str) -> Iterator[Read]:
    """Yield the items of a list. An error in it ends the file: nothing after it can be read."""
    number = 0
    items = ijson.items(file, prefix, use_float=True)
    while True:
        number += 1
        place = f"{name}, item {number}"
        try:
            item = next(items)
        except StopIteration:
            return
        except (ijson.JSONError, UnicodeDecodeError) as error:
            problem = f"is not JSON, and the rest of the file is not read: {error}"
            yield Read(place, error=BadInput(WHOLE, problem))
            return
        yield Read(place, item)


def _lines(name: str, file: io.BufferedReader) -> Iterator[Read]:
    number = 0
    while line := file.readline(MOST_BYTES + 1):
        number += 1
        if line.strip():
            yield _parsed(f"{name}, line {number}", line)


def _successive(name: str, file: io.BufferedReader) -> Iterator[Read]:
    """Yield documents that follow one another, over several lines or without a line between them.

    An error in one ends the file: nobody can tell where the next one begins.
    """
    text, number = _Text(file), 0
    try:
        if not text.goes_on():
            yield Read(name, error=BadInput(WHOLE, "is empty"))
        while text.goes_on():
            document = text.document()
            number += 1
            alone = number == 1 and not text.goes_on()
            yield Read(name if alone else f"{name}, document {number}", document)
    except BadInput as error:
        yield Read(f"{name}, document {number + 1}" if number else name, error=error)


class _Text:
    """The text of a file, of which little more than one document is kept."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._bytes = getincrementaldecoder("utf-8")()
        self._json = json_decoder()
        self._text, self._at = "", 0
        self._read, self._ended = 0, False

    def goes_on(self) -> bool:
        """Skip white space. Return whether anything follows. Raises BadInput."""
        while True:
            if space := _SPACE.match(self._text, self._at):
                self._at = space.end()
            if self._at < len(self._text) or self._ended:
                return self._at < len(self._text)
            self._fill()

    def document(self) -> object:
        """Return the next document. Raises BadInput."""
        while True:
            try:
                found, self._at = self._json.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if self._ended:
                    raise bad_json(error) from error
                if len(self._text) - self._at > MOST_BYTES:
                    raise BadInput(WHOLE, f"is longer than {MOST_BYTES} bytes") from error
            else:
                return found
            self._fill()

    def _fill(self) -> None:
        """Read more, so that the longest document is kept as a whole."""
        pending, _ = self._bytes.getstate()
        kept = self._text[self._at :]
        data = self._file.read(MOST_BYTES + 1 - len(kept))
        self._ended = not data
        try:
            self._text, self._at = kept + self._bytes.decode(data, final=self._ended), 0
        except UnicodeDecodeError as error:
            place = self._read - len(pending) + error.start + 1
            raise BadInput(WHOLE, f"is not UTF-8 text at byte {place}") from error
        self._read += len(data)


def _parsed(place: str, data: bytes) -> Read:
    if len(data) > MOST_BYTES:
        return Read(place, error=BadInput(WHOLE, f"is longer than {MOST_BYTES} bytes"))
    try:
        return Read(place, parse_json(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        return Read(place, error=BadInput(WHOLE, f"is not UTF-8 text at byte {error.start + 1}"))
    except BadInput as error:
        return Read(place, error=error)


def _is_document(line: bytes) -> bool:
    try:
        parse_json(line.decode("utf-8"))
    except (BadInput, UnicodeDecodeError):
        return False
    return True
