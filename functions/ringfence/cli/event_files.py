"""The events of a file, in every form that people have, each with its place or what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.cli.event_stream import read_file
from ringfence.events.recorded import Recorded, is_event_of_security_hub, recorded_entries
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.cli.event_stream import Read


def entries_of(name: str) -> Iterator[Recorded]:
    """Yield the events of a file, or of standard input. What is wrong is an item, and not an error.

    An event of Security Hub is not read as the findings in it: Ringfence answers the events of their sources.
    """
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
    elif is_event_of_security_hub(read.document):
        event: Mapping[str, object] = dict(read.document)  # type: ignore[call-overload]  # a mapping
        yield Recorded(read.place, event)
    else:
        yield from recorded_entries(read.document, read.place)
