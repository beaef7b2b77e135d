"""The events of a file, in every form that people have, each with its place or what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.cli.event_stream import read_file
from ringfence.events.recorded import Recorded, recorded_entries
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.cli.event_stream import Read


def entries_of(name: str) -> Iterator[Recorded]:
    """Yield the events of a file, or of standard input. What is wrong is an item, and not an error."""
    empty = True
    try:
        for read in _reads(name):
            for entry in _of_document(read):
                empty = False
                yield entry
    except BadInput as error:
        yield Recorded(name, error=BadInput("(file)", error.problem))
        return
    if empty:
        yield Recorded(name, error=BadInput("(document)", "contains no event"))


def _reads(name: str) -> Iterator[Read]:
    """Yield the documents of a file. The place of a single one is the file."""
    reads = read_file(name, lambda _: None)
    first, second = next(reads, None), next(reads, None)
    if first is not None:
        alone = second is None and first.place == f"{name}, line 1"
        yield replace(first, place=name) if alone else first
    if second is not None:
        yield second
    yield from reads


def _of_document(read: Read) -> Iterator[Recorded]:
    if read.error:
        yield Recorded(read.place, error=read.error)
    else:
        yield from recorded_entries(read.document, read.place)
