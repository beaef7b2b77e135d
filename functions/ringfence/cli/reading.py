"""Read the files that options and arguments name. What cannot be read is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ringfence.cli.event_stream import paths_of, read_file, size_of
from ringfence.cli.progress import progress
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")


def text_of(option: str, path: Path) -> str:
    """Return the text of a file. Raises BadInput that names the option and the file."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise BadInput(option, f"cannot be read: {error.strerror}", str(path)) from error
    except UnicodeDecodeError as error:
        raise BadInput(option, "must be UTF-8 text", str(path)) from error


def taken(
    paths: tuple[str, ...], lists: Sequence[str], take: Callable[[object], T], problems: list[str]
) -> Iterator[T]:
    """Yield what `take` makes of each document of files and folders, and show the progress.

    What cannot be read, and what `take` refuses with BadInput, is added to `problems` with its place. The
    rest is read.

    Parameters
    ----------
    paths
        Files and folders, or `-` for standard input.
    lists
        The members of documents that contain documents.
    take
        Takes one document.
    problems
        Receives one line for each problem.

    """
    names = paths_of(paths)
    with progress(size_of(names)) as report:
        for read in (one for name in names for one in read_file(name, report, lists)):
            try:
                if read.error:
                    raise read.error
                found = take(read.document)
            except BadInput as error:
                problems.append(f"{read.place}: {error}")
                continue
            yield found
