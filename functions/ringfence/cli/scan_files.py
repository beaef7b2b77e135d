"""Judge the items of AWS Config that are in files."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import click

from ringfence.model.errors import BadInput
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.model.document import Document
    from ringfence.model.place import Place
    from ringfence.posture.manual import ManualControl
    from ringfence.posture.rule import Resource, Result, Rule
    from ringfence.posture.score import Tally

LISTS = ("configurationItems",)
"""The member of a snapshot that contains the items."""

_DOUBTFUL = (
    "{} several different items, of which one has no configurationItemCaptureTime: the first item with the "
    "latest time counts, and a newer one may be left out"
)


@dataclass
class Done:
    """What a scan found, and what it could not read: in files, and in accounts and regions."""

    tally: Tally
    problems: list[str] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    unseen: list[tuple[Place, str]] = field(default_factory=list)
    manual: tuple[ManualControl, ...] = ()
    today: date = date.min

    def add(self, type_: str, found: tuple[Result, ...]) -> None:
        """Count the results of a resource."""
        self.tally.add(found)
        if not found:
            self.skipped[type_] = self.skipped.get(type_, 0) + 1

    def add_manual(
        self, controls: tuple[ManualControl, ...], today: date, sink: Callable[[Result], None]
    ) -> None:
        """Count the manual controls. `sink` gets each result."""
        self.manual, self.today = controls, today
        self.tally.rules = {**self.tally.rules, **{one.name: one.rule for one in controls}}
        for one in controls:
            result = one.result(today)
            self.tally.count(result)
            sink(result)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The manual controls whose evidence does not count, or soon will not, in words."""
        from ringfence.posture.manual import warnings

        return warnings(self.manual, self.today)

    @property
    def told(self) -> list[str]:
        """Everything that was not read, in words."""
        return [*self.problems, *(f"not looked at: {place.words}: {why}" for place, why in self.unseen)]


def scanned_files(paths: tuple[str, ...], rules: Mapping[str, Rule], sink: Callable[[Result], None]) -> Done:
    """Judge the items in files. `sink` gets each result."""
    from ringfence.posture.score import Tally

    done = Done(Tally(rules))
    for resource, found in _judged(paths, rules, done):
        done.add(resource.type, found)
        for one in found:
            sink(one)
    return done


def _judged(
    paths: tuple[str, ...], rules: Mapping[str, Rule], done: Done
) -> Iterator[tuple[Resource, tuple[Result, ...]]]:
    """Yield the resources in files with their results. What cannot be judged is a problem.

    The files are read twice: first to find the newest item of each resource, because it can be the last one.
    """
    from ringfence.cli.scan_versions import Versions
    from ringfence.posture.evaluate import judged

    with closing(Versions()) as versions, _reading(paths) as items:
        for number, (_, item) in enumerate(items([])):
            versions.add(number, item)
        for number, (place, item) in enumerate(items(done.problems)):
            if not versions.is_newest(number, item):
                continue
            try:
                found = judged(item, rules.values(), {})
            except BadInput as error:
                done.problems.append(f"{place}: {error}")
                continue
            if found is not None:
                yield found
        if versions.doubtful:
            done.problems.append(_DOUBTFUL.format(counted(versions.doubtful, "resource has")))


@contextmanager
def _reading(paths: tuple[str, ...]) -> Iterator[Callable[[list[str]], Iterator[tuple[str, Document]]]]:
    """Return a function that reads the items of files with their places. It can be called twice.

    Standard input can be read once only, so it is written to a temporary file.
    """
    from ringfence.cli.event_stream import paths_of, size_of
    from ringfence.cli.progress import progress

    names = paths_of(paths)
    size = size_of(names)
    with progress(size and 2 * size) as report, TemporaryFile() as kept:
        if "-" in names:
            copyfileobj(click.get_binary_stream("stdin"), kept)
        yield lambda problems: _items(names, report, kept, problems)


def _items(
    names: tuple[str, ...], report: Callable[[int], None], standard: IO[bytes], problems: list[str]
) -> Iterator[tuple[str, Document]]:
    from ringfence.cli.event_stream import read_file
    from ringfence.model.document import Document
    from ringfence.posture.items import documents_in

    standard.seek(0)
    for name in names:
        for read in read_file(name, report, LISTS, standard if name == "-" else None):
            try:
                if read.error:
                    raise read.error
                for item in documents_in(Document.of(read.document)):
                    yield read.place, item
            except BadInput as error:
                problems.append(f"{read.place}: {error}")
