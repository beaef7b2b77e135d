"""A look at one place: read what a source still has, page by page, and hand on what was not answered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

from ringfence.engine.sweeping import LATE, News, news, skipped, window_of
from ringfence.events.fields import instant_if_valid
from ringfence.handlers.logs import logger
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, UnknownRecord
from ringfence.model.frozen import frozen
from ringfence.model.step import counted
from ringfence.record.chain import digest
from ringfence.record.sweeps import (
    MOST_CHAINS,
    MOST_FOUND,
    Found,
    Looked,
    Progress,
    Seen,
    known_as,
    newest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.engine.ports import Clock
    from ringfence.engine.sweeping import Answering, Candidate
    from ringfence.model.call import SansIO
    from ringfence.model.finding import Finding
    from ringfence.model.place import Place
    from ringfence.model.sweep import Event, Page, Sweep, Window
    from ringfence.record.chain import ChainKey, Entry

R = TypeVar("R")
TIME_OVER, GOES_ON = "the time is over", "there is more to read"
FOREIGN = 4
"""How many times the pages of a strand may have only records of others, which then do not count."""
_MILLISECOND = timedelta(milliseconds=1)
_EARLIER = timedelta(minutes=10)
"""Only an earlier sweep can have begun so long ago: the tries of one end before."""


class Asking(Protocol):
    """Runs a read in an account and region."""

    def asked(self, account: str, region: str, talk: SansIO[R]) -> R:
        """Return its result. Raises AccessDenied, Retryable."""
        ...


class Chains(Protocol):
    """The chains of the audit log."""

    def since(self, key: ChainKey, at: datetime) -> Sequence[Entry]:
        """Return the entries of the incidents of a chain that a finding of that age can be in, in order."""
        ...


@frozen
class Reach:
    """What a look reaches: the accounts, the audit log, and the queue of events.

    `hand_on` hands on an event. `wait` waits for some seconds.
    """

    cloud: Asking
    chains: Chains
    hand_on: Callable[[str], None]
    clock: Clock
    wait: Callable[[float], None]


@dataclass
class Look:
    """A look at one place. `before` is what the last one remembered, and `sweep_id` names the whole sweep.

    `administered` are the accounts whose findings the place has as well, if they were read.
    """

    sweep: Sweep
    place: Place
    answering: Answering
    reach: Reach
    until: datetime
    before: Looked
    sweep_id: str
    unread: list[str] = field(default_factory=list)
    administered: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Begin with what is remembered."""
        same = self.before.sweep == self.sweep_id
        self._strands, self._seen = dict(self.before.strands), dict(self.before.seen)
        self._found = list(self.before.found) if same else []
        self._more = self.before.more if same else 0
        self._suppressed = list(self.before.suppressed) if same else []
        self.handed_on = 0

    @property
    def looked(self) -> Looked:
        """What is remembered after it."""
        return Looked(
            self._strands,
            newest(self._seen.items()),
            self.sweep_id,
            tuple(self._found),
            self._more,
            tuple(self._suppressed),
        )

    def progress(self, strand: str) -> Progress:
        """Return how far a strand was read."""
        return self._strands.get(strand, Progress())

    def read(self, strand: str) -> str:
        """Read a strand. Return why it is not finished. Empty if it is.

        If an earlier sweep left a part unread, that is read first, and then what this sweep is about. Raises
        Retryable, and remembers how far it came if the source answers the oldest first.
        """
        now = self.reach.clock()
        known = self.progress(strand)
        window, is_first = window_of(known, self.sweep.first, now), known.judged(now).since is None
        if words := skipped(known, now):
            self.unread.append(f"{strand}: {words}")
        pages = _Pages(self, strand, window, self.sweep.pages, tells=not is_first)
        try:
            left = pages.read()
        finally:
            if pages.reached:
                self._strands[strand] = Progress(known.since, pages.reached, window.until)
        if left == GOES_ON and not pages.reached:
            left = self._narrower(strand, window, pages)
        if not left:
            self._strands[strand] = Progress(window.until)
            if now - window.until > _EARLIER:
                return self.read(strand)
        return left

    def _narrower(self, strand: str, window: Window, whole: _Pages) -> str:
        """Read the parts of a strand that has too many pages. What these do not reach is not read."""
        parts = self.sweep.parts.get(strand, ())
        if not parts:
            self.unread.append(f"{strand}: {whole.words}")
        for part in parts:
            pages = _Pages(self, part, window, self.sweep.pages // 4, tells=whole.tells)
            left = pages.read()
            if left == TIME_OVER:
                return left
            if left:
                self.unread.append(f"{part}: {pages.words}")
        return ""

    def take(self, page: Page, *, tells: bool) -> None:
        """Handle a page: hand on what is news. Raises Retryable."""
        for event in page.events:
            self._take(event, tells=tells)
        for id_, type_ in page.suppressed:
            if (name := digest(id_)[:16]) not in self._seen:
                self._seen[name] = Seen(0.0, self.reach.clock())
                self._suppressed.append(type_)
        del self._suppressed[MOST_FOUND:]
        if page.administered is not None:
            self.administered = page.administered

    def _take(self, event: Event, *, tells: bool) -> None:
        try:
            candidates = self.answering.candidates(event, self._account(event))
        except BadInput as error:
            self._unreadable(event, error)
            return
        fresh = [one for one in candidates if not self._knows(one.finding)]
        found = [one for each in fresh if (one := self._news(each, event, tells=tells)) is not None]
        if found:
            self._hand_on(event)
        for each in fresh:
            self._remember(each.finding)
        for one in found:
            self._note(one)

    def _account(self, event: Event) -> str:
        return str(event.get("account") or self.place.account)

    def _knows(self, finding: Finding) -> bool:
        seen = self._seen.get(known_as(finding))
        return seen is not None and seen.covers(finding)

    def _news(self, candidate: Candidate, event: Event, *, tells: bool) -> Found | None:
        """Return what was found, without chains if nobody must be notified. None if it was answered."""
        finding, now = candidate.finding, self.reach.clock()
        known = {key: self._known(finding, key, closes) for key, closes in candidate.chains}
        lacking = {key: one for key, one in known.items() if one is not News.NONE}
        if known and not lacking:
            return None
        late = now - _due(event, finding) > LATE
        sent = self.sweep.sends_updates or News.UNKNOWN in lacking.values()
        keys = tuple(key.text for key in lacking)[:MOST_CHAINS] if tells and late and sent else ()
        return Found(finding.id, finding.type, keys)

    def _known(self, finding: Finding, key: ChainKey, closes: bool) -> News:  # noqa: FBT001 - of the runbook
        at = min(finding.first_seen or finding.updated_at, finding.updated_at)
        try:
            entries = self.reach.chains.since(key, at)
            return news(finding, entries, self.reach.clock(), closes_when_complete=closes)
        except (BadInput, UnknownRecord) as error:  # the runbook decides what that means
            logger().warning("a chain cannot be read", extra={"chain": key.text, "error": str(error)})
            return News.UNKNOWN

    def _unreadable(self, event: Event, error: BadInput) -> None:
        """Hand on an event that cannot be read, once: it ends where such events end."""
        name = digest(json.dumps(event, sort_keys=True, default=str))[:16]
        logger().warning("an event cannot be read", extra={"field": error.field, "error": str(error)})
        if name not in self._seen:
            self._hand_on(event)
            self._seen[name] = Seen(0.0, self.reach.clock())

    def _hand_on(self, event: Event) -> None:
        self.reach.hand_on(json.dumps(event))
        self.handed_on += 1

    def _remember(self, finding: Finding) -> None:
        self._seen.pop(known_as(finding), None)
        self._seen[known_as(finding)] = Seen(finding.severity, finding.updated_at)

    def _note(self, one: Found) -> None:
        if one.chains and len(self._found) < MOST_FOUND:
            self._found.append(one)
        elif one.chains:
            self._more += 1


@dataclass
class _Pages:
    """The pages of one strand. `reached` is how far it came, if the source answers the oldest first."""

    look: Look
    strand: str
    window: Window
    most: int
    tells: bool
    reached: datetime | None = None
    records: int = 0
    refused: int = 0

    @property
    def words(self) -> str:
        """How much was read of what has more."""
        read = counted(self.records, "record was")
        return f"only {read} read, {self.refused} of them refused calls; there are more"

    def read(self) -> str:
        """Read them. Return why not to the end."""
        look, token = self.look, ""
        sweep, reach = look.sweep, look.reach
        counted, foreign = 0, 0
        while counted < self.most:
            if reach.clock() >= look.until:
                return TIME_OVER
            if counted or foreign:
                reach.wait(sweep.every_page)
            talk = sweep.page(look.place, self.strand, self.window, token)
            page = reach.cloud.asked(look.place.account, look.place.region, talk)
            look.take(page, tells=self.tells)
            self._count(page)
            token = page.token
            if not token:
                return ""
            if page.foreign and foreign < FOREIGN * self.most:
                foreign += 1
            else:
                counted += 1
        if self.reached and self.reached <= self.window.since:  # a page after page of the same moment
            look.unread.append(f"{self.strand}: {self.words}")
            self.reached += _MILLISECOND
        return GOES_ON

    def _count(self, page: Page) -> None:
        self.records += page.read
        self.refused += page.refused
        if page.upto:
            self.reached = max(self.reached or page.upto, page.upto)


def _due(event: Event, finding: Finding) -> datetime:
    """Return when the event should have arrived: GuardDuty says when it created a finding."""
    detail = event.get("detail")
    created = instant_if_valid(Document.of(detail), "createdAt") if isinstance(detail, dict) else None
    return min(created, finding.last_seen) if created else finding.last_seen
