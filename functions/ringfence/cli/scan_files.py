"""Judge the items of AWS Config that are in files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.model.document import Document
    from ringfence.model.place import Place
    from ringfence.posture.manual import ManualControl
    from ringfence.posture.rule import Resource, Result, Rule
    from ringfence.posture.score import Tally

LISTS = ("configurationItems",)
"""The member of a snapshot that contains the items."""


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
    """Yield the resources in files with their results. What cannot be judged is a problem."""
    from ringfence.cli.event_stream import paths_of, read_file, size_of
    from ringfence.cli.progress import progress
    from ringfence.posture.evaluate import judged

    names = paths_of(paths)
    with progress(size_of(names)) as report:
        for name in names:
            for read in read_file(name, report, LISTS):
                if read.error:
                    done.problems.append(f"{read.place}: {read.error}")
                    continue
                items = _items(read.document)
                while True:
                    try:
                        found = judged(next(items), rules.values(), {})
                    except StopIteration:
                        break
                    except BadInput as error:  # of one item, or of the document, which then has no more
                        done.problems.append(f"{read.place}: {error}")
                        continue
                    if found is not None:
                        yield found


def _items(document: object) -> Iterator[Document]:
    from ringfence.model.document import Document
    from ringfence.posture.items import documents_in

    yield from documents_in(Document.of(document))
