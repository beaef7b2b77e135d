"""When a look shows what was changed. Pure.

AWS can show a change late. So each look is judged by the last time at which a change can have been made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.step import Step
from ringfence.record.facts import (
    RELEASE,
    Closed,
    Intended,
    Outcome,
    Released,
    RestoredBefore,
    Result,
    Verified,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from ringfence.record.facts import Fact
    from ringfence.record.history import History

ANSWERED = (Result.APPLIED, "call")
"""The outcome of a change that was answered."""


@frozen
class LastTimes:
    """The last time at which the change of each intent of a chain can have been made.

    An execution makes its changes before it records outcomes or a verification. If it recorded neither, it
    made them before the end of its lease, and before another execution acted.
    """

    times: Mapping[str, datetime]

    @classmethod
    def of(cls, history: History) -> LastTimes:
        """Read a chain once, from its end."""
        lease, times = history.lease, dict[str, "datetime"]()
        ended: dict[str, datetime] = {}
        acts: list[tuple[str, datetime]] = []
        for entry, fact in reversed(history.facts):
            at, attempt = entry.at, entry.attempt
            if isinstance(fact, Intended):
                taken = next((then for other, then in acts if other != attempt), at)
                held = lease.until if lease.owner == attempt and lease.until and not lease.void else at
                times[fact.intent] = ended.get(attempt, max(taken, held))
            elif isinstance(fact, Outcome | Verified | Released | Closed):
                ended[attempt] = at
            if isinstance(fact, Intended | Verified):
                acts = [(attempt, at), *(one for one in acts if one[0] != attempt)][:2]
        return cls(times)

    def is_hidden(self, intended: Intended, now: datetime) -> bool:
        """Return whether the change of an intent may not be visible yet."""
        return now < self.shown_by(intended)

    def shown_by(self, intended: Intended) -> datetime:
        """Return the time from which on a look shows the change of an intent, if it was made."""
        return self.times[intended.intent] + intended.step.visibility_delay


def unsettled(
    earlier: History, current: History, pending: Iterable[Fact], now: datetime
) -> dict[str, datetime]:
    """Return the targets that were released a moment ago and not changed by an answered call since.

    A look may still show them as they were before the release, until the time beside each. `earlier` is the
    chain with the release, `current` that of the changes since, which can be the same.
    """
    times = LastTimes.of(earlier)
    facts = (*(fact for _, fact in (*earlier.facts, *current.facts)), *pending)
    results = {one.intent: (one.result, one.by) for one in facts if isinstance(one, Outcome)}
    released = {
        one.step.target: (number, times.shown_by(one))
        for number, one in enumerate(earlier.of(Intended))
        if one.stage == RELEASE
        and results.get(one.intent, (Result.UNKNOWN, ""))[0] in (Result.APPLIED, Result.UNKNOWN)
        and times.is_hidden(one, now)
    }
    if not released:
        return {}
    answered = {intent for intent, found in results.items() if found == ANSWERED}
    same = earlier.incident == current.incident
    since = {
        one.step.target
        for number, one in enumerate(current.of(Intended))
        if one.intent in answered
        and one.stage != RELEASE
        and (not same or (one.step.target in released and number > released[one.step.target][0]))
    }
    return {target: until for target, (_, until) in released.items() if target not in since}


def carried(history: History, pending: Iterable[Fact], now: datetime) -> dict[str, datetime]:
    """Return the targets that a release before this incident restored, and that no answered call set since.

    The execution that opened the incident knew of that release, and recorded it for the later ones. They are
    settled when any change has had the time to become visible.
    """
    at, named = next(_named(history), (now, ()))
    if not named or now >= (until := at + Step.visibility_delay):
        return {}
    facts = (*(fact for _, fact in history.facts), *pending)
    answered = {one.intent for one in facts if isinstance(one, Outcome) and (one.result, one.by) == ANSWERED}
    since = {one.step.target for one in history.of(Intended) if one.intent in answered}
    return {target: until for target in named if target not in since}


def _named(history: History) -> Iterator[tuple[datetime, tuple[str, ...]]]:
    """Yield when an incident recorded such targets, and which.

    Older versions named them only in a verification.
    """
    for entry, fact in history.facts:
        if isinstance(fact, RestoredBefore):
            yield entry.at, fact.targets
        elif isinstance(fact, Verified):
            yield entry.at, fact.unsettled
