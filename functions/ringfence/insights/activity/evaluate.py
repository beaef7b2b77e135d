"""Evaluate rules over records in any order.

Files of CloudTrail contain records of several regions and minutes, not in the order of time. So what rules
match is collected first, as small values, and evaluated in the order of time. Memory has a bounded number of
them, and the others are in temporary files. It grows with what is found, with the calls of one caller within
the window of a rule, and with the different values that rules about new values have seen.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from itertools import groupby
from typing import TYPE_CHECKING

from ringfence.insights.activity.detection import Detection, Sight
from ringfence.insights.activity.rule import FirstSeen, Once, Sequence, Threshold
from ringfence.insights.activity.seeing import FIRST, Seeing, time_of
from ringfence.insights.activity.selecting import prefix_of
from ringfence.insights.activity.sorted_sights import MOST_HELD, Matched, SortedSights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringfence.insights.activity.rule import Rule
    from ringfence.insights.activity.seeing import Seen
    from ringfence.insights.activity.selecting import Networks, Record

_DAY = 86400


class Activity:
    """Rules and what they have seen so far.

    Parameters
    ----------
    rules
        The rules to evaluate.
    networks
        A function from an address to the network that it is in. Empty for what is no address.
    most
        The number of matching calls in memory.

    """

    def __init__(self, rules: Iterable[Rule], networks: Networks = prefix_of, most: int = MOST_HELD) -> None:
        self.rules = tuple(rules)
        self.records = 0
        self._seeing = Seeing(self.rules, networks)
        self._sights = SortedSights(most)
        self._positions = {rule.id: position for position, rule in enumerate(self.rules)}
        self._values: dict[str, dict[tuple[str, ...], dict[str, Sight]]] = defaultdict(
            lambda: defaultdict(dict)
        )

    @property
    def held(self) -> int:
        """The number of matching calls in memory."""
        return self._sights.held

    def take(self, record: Record) -> None:
        """Take a record. Raises BadInput that names the field if it is no record of CloudTrail."""
        at = time_of(record)
        self.records += 1
        for one in self._seeing.of(record, at):
            self._keep(one)

    def detections(self) -> Iterator[Detection]:
        """Yield what the rules find in all records, rule by rule and in the order of time."""
        groups = groupby(self._sights, key=lambda one: one.rule)
        group = next(groups, None)
        for position, rule in enumerate(self.rules):
            found: Iterable[Detection] = ()
            if isinstance(rule.detects, FirstSeen):
                found = self._new_values(rule, rule.detects)
            elif group and group[0] == position:
                found = tuple(_found(rule, group[1]))
                group = next(groups, None)
            yield from sorted(found, key=lambda one: (one.first.at, one.first.key))

    def _keep(self, one: Seen) -> None:
        detects, key, sight = one.rule.detects, one.sight.key, one.sight
        if isinstance(detects, FirstSeen):
            known = self._values[one.rule.id][key]
            if not (first := known.get(sight.value)) or sight.at < first.at:
                known[sight.value] = sight
            return
        self._sights.add(Matched(self._positions[one.rule.id], one.step, sight))

    def _new_values(self, rule: Rule, detects: FirstSeen) -> Iterator[Detection]:
        for values in self._values[rule.id].values():
            yield from _new_values(rule, detects, values)


def _found(rule: Rule, matched: Iterable[Matched]) -> Iterator[Detection]:
    """Yield what a rule finds in the calls that it matched, which are sorted by key and time."""
    for _, group in groupby(matched, key=lambda one: one.sight.key):
        sights = in_order((one.step, one.sight) for one in group)
        if isinstance(rule.detects, Sequence):
            yield from sequences(rule, rule.detects, sights)
        elif not isinstance(rule.detects, FirstSeen):
            yield from episodes(rule, rule.detects, (one for _, one in sights))


class _Window:
    """The calls within some seconds before the latest one, and how often each value occurs in them.

    An intruder decides how many calls there are, so each one costs the same.
    """

    def __init__(self, minutes: float) -> None:
        self.sights: deque[Sight] = deque()
        self._seconds = minutes * 60
        self._values: Counter[str] = Counter()

    def add(self, one: Sight) -> None:
        """Add a call, after those that are too old were removed."""
        self.expire(one.at)
        self.sights.append(one)
        self._values[one.value] += 1

    def expire(self, now: float) -> None:
        """Remove what is older than the window."""
        while self.sights and now - self.sights[0].at > self._seconds:
            value = self.sights.popleft().value
            self._values[value] -= 1
            if not self._values[value]:
                del self._values[value]

    def clear(self) -> None:
        """Remove everything."""
        self.sights.clear()
        self._values.clear()

    def contains(self, value: str) -> bool:
        """Return whether a call has this value."""
        return value in self._values

    def number(self, *, distinct: bool) -> int:
        """Return the number of calls, or of their different values."""
        return len(self._values) - self.contains("") if distinct else len(self.sights)


def episodes(rule: Rule, detects: Once | Threshold, sights: Iterable[Sight]) -> Iterator[Detection]:
    """Yield each episode: from when the threshold is reached to a pause as long as the window."""
    count = detects.count if isinstance(detects, Threshold) else 1
    distinct = isinstance(detects, Threshold) and bool(detects.distinct)
    window, episode = _Window(detects.minutes), list[Sight]()
    for one in sights:
        if episode and one.at - episode[-1].at > detects.minutes * 60:
            yield Detection(rule, tuple(episode))
            episode = []
        window.add(one)
        if episode:
            episode.append(one)
        elif window.number(distinct=distinct) >= count:
            episode.extend(window.sights)
    if episode:
        yield Detection(rule, tuple(episode))


def sequences(
    rule: Rule,
    detects: Sequence,
    sights: Iterable[tuple[int, Sight]],
    used: Callable[[Sight], bool] = lambda _: False,
) -> Iterator[Detection]:
    """Yield each time that the second call followed enough first calls. A first call counts once.

    `used` tells whether an earlier detection contains a first call. Its value is still one from which the
    second call must differ.
    """
    window, everything = _Window(detects.minutes), _Window(detects.minutes)
    for step, one in sights:
        if step == FIRST:
            everything.add(one)
            if not used(one):
                window.add(one)
            continue
        window.expire(one.at)
        everything.expire(one.at)
        differs = not detects.differs or (bool(one.value) and not everything.contains(one.value))
        if window.sights and differs and window.number(distinct=bool(detects.distinct)) >= detects.least:
            yield Detection(rule, (*window.sights, one))
            window.clear()


def unique(sights: Iterable[tuple[int, Sight]]) -> Iterator[tuple[int, Sight]]:
    """Yield the calls in the order of time, each once: several trails can record the same one."""
    yield from in_order(sorted(sights, key=lambda pair: (pair[1].at, pair[0], pair[1].event)))


def in_order(sights: Iterable[tuple[int, Sight]]) -> Iterator[tuple[int, Sight]]:
    """Yield each call once. They are in the order of time.

    Some exports write a record again with a later time. An id is remembered for at least a day, and not for
    ever, because an intruder decides how many calls there are.
    """
    seen, before = set[tuple[int, str]](), set[tuple[int, str]]()
    since = float("-inf")
    for step, one in sights:
        if one.at - since > _DAY:
            seen, before, since = set(), seen, one.at
        identity = (step, one.event)
        if not one.event or not (identity in seen or identity in before):
            seen.add(identity)
            yield step, one


def _new_values(rule: Rule, detects: FirstSeen, values: Mapping[str, Sight]) -> Iterator[Detection]:
    since = min(one.at for one in values.values())
    for one in values.values():
        if one.at - since >= detects.days * _DAY:
            yield Detection(rule, (one,))


def found_in(rule: Rule, records: Iterable[Record]) -> tuple[Detection, ...]:
    """Return what one rule finds in some records."""
    activity = Activity((rule,))
    for one in records:
        activity.take(one)
    return tuple(activity.detections())
