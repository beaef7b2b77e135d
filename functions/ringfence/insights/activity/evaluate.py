"""Evaluate rules over records in any order. Pure.

Files of CloudTrail contain records of several regions and minutes, not in the order of time. So what rules
match is collected first, as small values, and evaluated in the order of time. Memory grows with the number of
matching calls, and not with the number of records.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.events.matching import matches
from ringfence.insights.activity.detection import Detection, Sight, called, sight_of
from ringfence.insights.activity.rule import FirstSeen, Once, Sequence, Threshold
from ringfence.insights.activity.selecting import prefix_of, principal_of, select
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import is_own_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringfence.insights.activity.detection import Called
    from ringfence.insights.activity.rule import Calls, Rule
    from ringfence.insights.activity.selecting import Networks, Record

    _Step = tuple[Rule, int, Mapping[str, object], Callable[[Record], bool] | None]
    """A rule, the number of the step, and the conditions of its calls."""

FIRST, THEN = 0, 1
"""The steps of a rule. Only a sequence has a second one."""
_DAY = 86400


class Activity:
    """Rules and what they have seen so far.

    Parameters
    ----------
    rules
        The rules to evaluate.
    networks
        A function from an address to the network that it is in. Empty for what is no address.

    """

    def __init__(self, rules: Iterable[Rule], networks: Networks = prefix_of) -> None:
        self.rules = tuple(rules)
        self.records = 0
        self._networks = networks
        self._steps: dict[str, list[_Step]] = defaultdict(list)
        self._sights: dict[str, dict[tuple[str, ...], list[tuple[int, Sight]]]] = {}
        self._values: dict[str, dict[tuple[str, ...], dict[str, Sight]]] = {}
        for rule in self.rules:
            self._sights[rule.id], self._values[rule.id] = defaultdict(list), defaultdict(dict)
            for step, calls in steps_of(rule):
                for name in calls.names or ("",):
                    self._steps[name].append((rule, step, calls.pattern(), calls.also))

    def take(self, record: Record) -> None:
        """Take a record. Raises BadInput that names the field if it is no record of CloudTrail."""
        document = Document.of(record)
        name = document.text("eventName")
        document.text("eventSource")
        at = _time(document)
        self.records += 1
        if _is_own(record):
            return
        found = _normal(record)
        call: Called | None = None
        for rule, step, pattern, also in (*self._steps.get(name, ()), *self._steps.get("", ())):
            if matches(pattern, found) and (also is None or also(found)):
                call = call or called(found, at)
                self._see(rule, step, found, call)

    def detections(self) -> Iterator[Detection]:
        """Yield what the rules find in all records, rule by rule and in the order of time."""
        for rule in self.rules:
            yield from sorted(self._found(rule), key=lambda one: (one.first.at, one.first.key))

    def _see(self, rule: Rule, step: int, record: Record, call: Called) -> None:
        detects = rule.detects
        by = (
            detects.then_by
            if step == THEN and isinstance(detects, Sequence) and detects.then_by
            else detects.by
        )
        targets = tuple(select(record, one.path) for one in rule.about)
        key = tuple(select(record, one, self._networks) for one in by)
        if not all(key):
            return
        key = (call.account, *key)  # names such as those of users exist in many accounts
        value = select(record, selector, self._networks) if (selector := _value_of(rule, step)) else ""
        if isinstance(detects, FirstSeen):
            if value and (not (first := self._values[rule.id][key].get(value)) or call.at < first.at):
                self._values[rule.id][key][value] = sight_of(call, key, value, targets)
            return
        if isinstance(detects, Once):
            key = (*key, *targets)
        self._sights[rule.id][key].append((step, sight_of(call, key, value, targets)))

    def _found(self, rule: Rule) -> Iterator[Detection]:
        if isinstance(rule.detects, FirstSeen):
            for values in self._values[rule.id].values():
                yield from _new_values(rule, rule.detects, values)
            return
        for sights in self._sights[rule.id].values():
            if isinstance(rule.detects, Sequence):
                yield from _sequences(rule, rule.detects, _unique(sights))
            else:
                yield from _episodes(rule, rule.detects, (one for _, one in _unique(sights)))


def steps_of(rule: Rule) -> Iterator[tuple[int, Calls]]:
    """Yield the calls that a rule is about, with their step."""
    detects = rule.detects
    if isinstance(detects, Sequence):
        yield FIRST, detects.first
        yield THEN, detects.then
    else:
        yield FIRST, detects.calls


def _value_of(rule: Rule, step: int) -> str:
    """Return the selector whose values are compared. Empty if there is none."""
    detects = rule.detects
    if isinstance(detects, FirstSeen):
        return detects.value
    if isinstance(detects, Threshold):
        return detects.distinct
    if isinstance(detects, Sequence):
        return detects.differs or (detects.distinct if step == FIRST else "")
    return ""


def _time(document: Document) -> float:
    """Return the time of a record, in seconds since 1970. Exports leave out the zone: it is UTC."""
    given = document.text("eventTime")
    try:
        read = datetime.fromisoformat(given)
        return (read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadInput("eventTime", "must be a time such as 2027-01-31T23:59:59Z", given) from error


def _is_own(record: Record) -> bool:
    """Return whether Ringfence made the call."""
    who = record.get("userIdentity")
    session = who.get("arn") if isinstance(who, dict) else None
    account = record.get("recipientAccountId")
    if not isinstance(session, str) or not isinstance(account, str):
        return False
    return is_own_call(principal_of(record), session, account)


def _normal(record: Record) -> Record:
    """Return a record without an empty error code: some exports write it into each record."""
    if "errorCode" in record and not record["errorCode"]:
        return {name: value for name, value in record.items() if name != "errorCode"}
    return record


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


def _episodes(rule: Rule, detects: Once | Threshold, sights: Iterable[Sight]) -> Iterator[Detection]:
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


def _sequences(rule: Rule, detects: Sequence, sights: Iterable[tuple[int, Sight]]) -> Iterator[Detection]:
    """Yield each time that the second call followed enough first calls. A first call counts once."""
    window = _Window(detects.minutes)
    for step, one in sights:
        if step == FIRST:
            window.add(one)
            continue
        window.expire(one.at)
        differs = not detects.differs or (bool(one.value) and not window.contains(one.value))
        if window.sights and differs and window.number(distinct=bool(detects.distinct)) >= detects.least:
            yield Detection(rule, (*window.sights, one))
            window.clear()


def _unique(sights: Iterable[tuple[int, Sight]]) -> Iterator[tuple[int, Sight]]:
    """Yield the calls in the order of time, each once: several trails can record the same one."""
    seen: set[tuple[int, str]] = set()
    for step, one in sorted(sights, key=lambda pair: (pair[1].at, pair[0], pair[1].event)):
        if (step, one.event) not in seen or not one.event:
            seen.add((step, one.event))
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
