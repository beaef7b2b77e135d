"""Look at one account and region: read its items page by page, judge each, and say what was not looked at.

Nothing passes because nobody looked: where AWS Config does not record, where a call is denied, and where a
service keeps refusing because of the rate, the place and the reason are named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ringfence.model.errors import BadInput, Refused, Retryable
from ringfence.model.step import counted
from ringfence.posture import queries
from ringfence.posture.kept import Ending, Judged
from ringfence.posture.queries import Where
from ringfence.posture.service_reads import is_read, with_reads
from ringfence.posture.sources import Sources
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ringfence.model.document import Document
    from ringfence.model.place import Place
    from ringfence.posture.reach import Reach, Wanted
    from ringfence.posture.sources import Source

LATE = timedelta(hours=1)
"""How far a look goes back before the last one began: AWS Config records a change some minutes after it."""
MOST_UNREADABLE = 20
"""Items that cannot be judged are named up to this number, and then counted."""
Keys = set[tuple[str, str]]


class Before(Protocol):
    """What the last look at a place kept."""

    @property
    def ending(self) -> Ending:
        """How it ended."""
        ...

    def lines(self) -> Iterator[Judged]:
        """Yield each resource."""
        ...


@dataclass
class Look:
    """The look at one place. `write` keeps a judged resource. `before` is the last look, if it counts."""

    place: Place
    wanted: Wanted
    reach: Reach
    write: Callable[[Judged], None]
    before: Before | None = None
    counts: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0

    def __post_init__(self) -> None:
        """Begin without a source."""
        self.sources = Sources(self.place, self.wanted, self.reach)

    def make(self) -> Ending:
        """Read and judge everything. Return how it ended. What cannot be read is in its `unseen`."""
        began = self.reach.clock()
        for source in self.sources.found():
            try:
                self._read(source)
            except (BadInput, Refused, Retryable) as error:
                read = f" {counted(self.counts.total(), 'resource was')} read before." if self.counts else ""
                self.sources.missed(f"{error}.{read}", again=True)
        if self.unreadable > MOST_UNREADABLE:
            words = f"{counted(self.unreadable - MOST_UNREADABLE, 'more item was')} not judged"
            self.sources.missed(words, again=False)
        wanted, unseen = self.wanted, tuple(self.sources.unseen)
        return Ending(wanted.scan, wanted.digest, began, dict(self.counts), unseen, self.sources.whole)

    def _read(self, source: Source) -> None:
        """Read what changed since the last look, or everything if there is none that counts."""
        region, types = source
        if self.before is None:
            self._take(region, Where(types), set())
            return
        # An item of a type that is recorded once a day can arrive long after it was captured.
        quiet = tuple(one for one in types if not is_read(one) and one not in self.sources.daily)
        changed: Keys = set()
        if quiet:
            self._take(region, Where(quiet, since=self.before.ending.began - LATE), changed)
        kept = self._complete(region, quiet, changed)
        if others := tuple(one for one in types if one not in kept):
            self._take(region, Where(others), changed)
        for one in self.before.lines():
            if one.resource.type in kept and one.key not in changed:
                self._note(one)

    def _complete(self, region: str, types: tuple[str, ...], changed: Keys) -> frozenset[str]:
        """Return the types of which nothing was deleted since the last look.

        What exists was known, or it changed. So if AWS Config has as many as both together, nothing is gone.
        """
        if not types or self.before is None:
            return frozenset()
        known = Counter(type_ for type_, _ in changed)
        known.update(one.resource.type for one in self.before.lines() if one.key not in changed)
        try:
            actual = self.sources.pages.counts(region, types)
        except BadInput:  # the numbers are not known, so everything is read
            return frozenset()
        return frozenset(one for one in types if known[one] == actual.get(one, 0))

    def _take(self, region: str, where: Where, seen: Keys) -> None:
        """Judge the items of a query that were not seen, and add them to those that were."""
        for page in self.sources.pages.of(region, queries.items, where):
            for error in page.refused:
                self._unreadable("an item", error)
            for item in self._with_reads(region, page.rows):
                try:
                    judged = self.wanted.judged(item)
                except BadInput as error:
                    self._unreadable(f"the item of {str(item.value.get('resourceId'))[:100]!a}", error)
                    continue
                if judged is not None and judged.key not in seen:
                    # A global resource can be recorded in several regions, and a query can be made twice.
                    if self.before is not None or self.place.region == EVERYWHERE:
                        seen.add(judged.key)
                    self._note(judged)

    def _note(self, judged: Judged) -> None:
        self.counts[judged.resource.type] += 1
        self.write(judged)

    def _unreadable(self, named: str, error: BadInput) -> None:
        self.unreadable += 1
        if self.unreadable <= MOST_UNREADABLE:
            self.sources.missed(f"{named} is not judged: {error}", again=False)

    def _with_reads(self, region: str, page: tuple[Document, ...]) -> Iterable[Document]:
        """Return the items with what their services say. If that fails, it counts as not read."""
        account = self.place.account
        try:
            return self.reach.patiently(account, region, lambda: with_reads(page))
        except Retryable as error:
            self.sources.missed(str(error), again=True)
            return page
