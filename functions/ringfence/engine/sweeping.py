"""Which findings of a source were not answered, and what of a source is read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING

from ringfence.engine.incident_end import AGE
from ringfence.events.config.names import with_own_names
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.matching import matches
from ringfence.events.rules import patterns_in
from ringfence.model.frozen import frozen
from ringfence.model.resource_names import UNKNOWN_HOME, Home
from ringfence.model.sweep import Window
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade, FindingReceived, Intended, SourceAsked
from ringfence.record.history import History
from ringfence.record.sweeps import FURTHEST, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from ringfence.events.rules import Patterns
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.sweep import Event
    from ringfence.record.chain import Entry
    from ringfence.record.facts import Fact

OVERLAP = timedelta(minutes=30)
"""How far a look goes back before the end of the last one. LookupEvents shows a call 15 minutes late."""
LATE = timedelta(minutes=15)
"""The age from which on the event of a finding should have arrived."""
MOST_ACCOUNTS = 4
"""The accounts whose patterns are kept. They differ only in the account's id."""


class News(Enum):
    """What a finding says that a chain does not."""

    UNKNOWN = "the finding is not recorded"
    RISEN = "its severity is higher than recorded"
    AGAIN = "it is recorded, and there was activity after the end of the incident"
    NONE = "nothing"


@frozen
class Candidate:
    """A finding of an event, and the chains in which its response is or would be recorded.

    Each chain is there with whether the incidents of its runbook end when nothing is left to do. There are
    none if only a read of AWS tells the subject's name.
    """

    finding: Finding
    chains: tuple[tuple[ChainKey, bool], ...]


@dataclass(frozen=True)
class Answering:
    """The runbooks, as the rules of their accounts deliver events to them.

    `names` are the policy's own names of rules of AWS Config. `home` is where Ringfence
    is deployed, and by whose roles.
    """

    runbooks: tuple[Runbook, ...]
    names: Mapping[str, str]
    home: Home = UNKNOWN_HOME
    _patterns: dict[str, tuple[Patterns, ...]] = field(default_factory=dict, compare=False, repr=False)

    def candidates(self, event: Event, account: str) -> tuple[Candidate, ...]:
        """Return the findings of an event that a rule of the account delivers. None if no rule does.

        Raises BadInput for an event that should be a finding and is invalid.
        """
        rules = zip(self.runbooks, self.patterns(account), strict=True)
        delivered = [runbook for runbook, patterns in rules if any(matches(one, event) for one in patterns)]
        told = findings(event, home=self.home) if delivered else NotForUs("no rule matches")
        if isinstance(told, NotForUs):
            return ()
        found = (_candidate(one, delivered) for one in with_own_names(told, self.names))
        return tuple(filter(None, found))

    def patterns(self, account: str) -> tuple[Patterns, ...]:
        """Return the patterns of each runbook in an account."""
        if account not in self._patterns:
            made = tuple(patterns_in(one, self.names, account) for one in self.runbooks)
            while len(self._patterns) >= MOST_ACCOUNTS:
                del self._patterns[next(iter(self._patterns))]
            self._patterns[account] = made
        return self._patterns[account]


def _candidate(finding: Finding, runbooks: Iterable[Runbook]) -> Candidate | None:
    answering = [one for one in runbooks if one.answers(finding)]
    if not answering:
        return None
    chains = (
        (ChainKey(one.id, ref.key), one.closes_when_complete)
        for one in answering
        for ref in finding.subjects
        if isinstance(ref, one.subject) and one.canonical_subject is None
    )
    return Candidate(finding, tuple(chains))


def news(finding: Finding, entries: Iterable[Entry], now: datetime, *, closes_when_complete: bool) -> News:
    """Return what a finding says that a chain does not.

    The same finding can have many versions. A version about activity that an open incident knows is no news:
    the incident is verified again and again. What a person released rests, until there is activity after the
    release. An event is answered in the same way. A version that the source denies is not known: somebody
    else can have sent it, with the id of this finding.

    Parameters
    ----------
    finding
        The finding, as its source has it now.
    entries
        The entries of one chain, in order, of one or more incidents.
    now
        The current time.
    closes_when_complete
        Whether incidents of the runbook end when nothing is left to do.

    Raises
    ------
    UnknownRecord
        The chain cannot be read.
    """
    incidents = [History(tuple(some)) for _, some in groupby(entries, lambda one: one.incident)]
    versions = [one for known in incidents for one in _believed(known, finding.id) if _is_same(one, finding)]
    if not versions:
        return News.UNKNOWN
    if finding.severity > max(one.severity for one in versions):
        return News.RISEN
    if any(one.updated_at >= finding.updated_at for one in versions):
        return News.NONE
    last = incidents[-1]
    ended = last.closed_at or last.release_asked_at or (last.completed_at if closes_when_complete else None)
    if ended is not None:
        return News.AGAIN if finding.last_seen > ended else News.NONE
    return News.AGAIN if _has_aged(last, now) else News.NONE


def _believed(known: History, id_: str) -> Iterator[Finding]:
    """Yield the recorded versions of findings with an id, without those that their source denies."""
    newest: Finding | None = None
    for _, fact in known.facts:
        if isinstance(fact, FindingReceived) and fact.finding.id == id_:
            if newest is not None:
                yield newest
            newest = fact.finding
        elif newest is not None and _refutes(fact, id_):
            newest = None
    if newest is not None:
        yield newest


def _refutes(fact: Fact, id_: str) -> bool:
    """Return whether a fact says that the source of a finding does not have it like this."""
    if isinstance(fact, DecisionMade):
        answer = fact.source
    elif isinstance(fact, SourceAsked):
        answer = fact.answer
    else:
        return False
    return answer is not None and fact.finding == id_ and answer.verdict.denies


def _is_same(known: Finding, finding: Finding) -> bool:
    return (known.source, known.account, known.id) == (finding.source, finding.account, finding.id)


def _has_aged(last: History, now: datetime) -> bool:
    """Return whether an event would open another incident after this one, which changed nothing."""
    return now >= last.entries[0].at + AGE and not last.of(Intended)


def window_of(progress: Progress, first: timedelta, now: datetime) -> Window:
    """Return what a look reads, given how far the looks before it came.

    A look that is not finished goes on where it stopped. The end of the window is until when everything was
    read afterwards.
    """
    progress = progress.judged(now)
    if progress.reached and progress.until:
        return Window(max(progress.reached, now - FURTHEST), progress.until)
    if progress.since:
        return Window(max(progress.since - OVERLAP, now - FURTHEST), now)
    return Window(now - first, now)


def skipped(progress: Progress, now: datetime) -> str:
    """Return in words what no look reads any more. Empty if everything is read."""
    begins = progress.judged(now).reached or progress.judged(now).since
    if begins is None or begins >= now - FURTHEST:
        return ""
    return f"what was reported between {begins:%Y-%m-%d %H:%M} UTC and {FURTHEST.days} days ago is not read"


def is_recorded(id_: str, entries: Iterable[Entry]) -> bool:
    """Return whether entries contain a finding with this id that is not denied. Raises UnknownRecord."""
    return any(True for _ in _believed(History(tuple(entries)), id_))
