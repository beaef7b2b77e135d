"""Evaluate rules call by call, with a small state for each group of calls. Pure.

A group is what a rule counts together: the calls of one caller, for example. The state contains the calls
that can still matter, and whether the rule has found something already. So a call costs the same however many
there were before. An intruder decides how many there are.

Calls can arrive late and several times. A call that arrives within `LATE` is counted as if it were in order.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import field
from typing import TYPE_CHECKING

from ringfence.insights.activity.detection import Detection
from ringfence.insights.activity.evaluate import episodes, sequences, unique
from ringfence.insights.activity.rule import FirstSeen, Once, Rule, Sequence, Threshold
from ringfence.insights.activity.seeing import FIRST
from ringfence.model.frozen import frozen, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringfence.insights.activity.detection import Sight
    from ringfence.insights.activity.seeing import Seen
    from ringfence.model.subject import Ref

LATE = 15 * 60
"""Seconds by which a call can arrive later than newer ones. CloudTrail delivers within about five minutes.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""
DAY = 86400
KEPT_DAYS = 90
"""Days after which a value that was not seen again counts as new."""
MOST_SIGHTS = 200
"""Calls of one group that are kept. Repeated values are left out first, and then the oldest calls."""
MOST_THEN = 20
"""Of those, calls that can end a sequence. They only matter until the first calls have arrived."""
MOST_VALUES = 1000
"""Values of one group that are kept. The values that were not seen for the longest time are left out."""


@frozen
class State:
    """What is kept of a group.

    Attributes
    ----------
    sights : tuple
        The calls that can still matter, with their steps.
    episode : tuple of float
        The first and the last call of what the rule has found. Calls near them belong to it. Empty if there
        is none.
    used : tuple of str
        Calls that led to a detection of a sequence. They count once.
    values : mapping of str to float
        The values that were seen, and when each was last seen.
    since : float
        The first call of the group, for rules of the kind *first seen*. 0 if there is none.
    pending : tuple of dict
        Findings that were not sent yet.
    """

    sights: tuple[tuple[int, Sight], ...] = ()
    episode: tuple[float, ...] = ()
    used: tuple[tuple[float, str], ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    since: float = 0
    pending: tuple[dict[str, object], ...] = ()


def group_of(seen: Seen) -> str:
    """Return the name of the group that a call belongs to. Callers choose parts of its key."""
    key = json.dumps(seen.sight.key).encode("utf-8", "backslashreplace")
    return f"{seen.rule.id}/{hashlib.sha256(key).hexdigest()[:40]}"


def kept_for(rule: Rule) -> float:
    """Return for how many seconds after its latest call a group is kept."""
    if isinstance(rule.detects, FirstSeen):
        return max(KEPT_DAYS, 2 * rule.detects.days) * DAY
    return rule.detects.minutes * 60 + LATE


def advance(state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """Return the state after one more call, and what the rule finds. The same call changes nothing twice."""
    detects = seen.rule.detects
    if isinstance(detects, FirstSeen):
        return _valued(state, seen, detects)
    if isinstance(detects, Sequence):
        return _followed(state, seen, detects)
    return _counted(state, seen, detects)


def with_pending(state: State, found: Iterable[Detection], inside: Callable[[Ref], bool]) -> State:
    """Return the state with findings to send, about what is inside of the scope.

    What is about no resource leads to none.
    """
    findings = tuple(one.finding(inside) for one in found if one.subjects)
    return replace(state, pending=(*state.pending, *findings)) if findings else state


def _valued(state: State, seen: Seen, detects: FirstSeen) -> tuple[State, tuple[Detection, ...]]:
    one = seen.sight
    since = min(state.since, one.at) if state.since else one.at
    last = state.values.get(one.value)
    if last is not None and one.at - last < DAY and since == state.since:
        return state, ()  # once a day is enough, so that not every call is written
    values = {
        name: at
        for name, at in state.values.items()
        if one.at - at < kept_for(seen.rule) or name == one.value
    }
    values[one.value] = max(one.at, last or 0)
    while len(values) > MOST_VALUES:
        del values[min(values, key=lambda name: values[name])]
    new = last is None and one.at - since >= detects.days * DAY
    found = (Detection(seen.rule, (one,)),) if new else ()
    return replace(state, values=values, since=since), found


def _counted(state: State, seen: Seen, detects: Once | Threshold) -> tuple[State, tuple[Detection, ...]]:
    one, window = seen.sight, detects.minutes * 60
    if state.episode:
        start, end = state.episode
        if start - window <= one.at <= end + window:
            return replace(state, episode=(min(start, one.at), max(end, one.at))), ()
    sights = _kept(state, seen, _most(detects))
    found = tuple(episodes(seen.rule, detects, (each for _, each in sights)))
    if not found:
        return replace(state, sights=sights), ()
    over = {each for detection in found for each in detection.sights}
    rest = tuple(pair for pair in sights if pair[1] not in over)
    return replace(state, sights=rest, episode=(found[-1].first.at, found[-1].last.at)), found


def _followed(state: State, seen: Seen, detects: Sequence) -> tuple[State, tuple[Detection, ...]]:
    if _mark(seen.sight) in state.used:
        return state, ()
    sights = _kept(state, seen, _most(detects))
    marks = frozenset(state.used)
    found = tuple(sequences(seen.rule, detects, sights, lambda one: _mark(one) in marks))
    if not found:
        return replace(state, sights=sights), ()
    over = {each for detection in found for each in detection.sights}
    newest = max(each.at for _, each in sights)
    used = (*state.used, *map(_mark, over))
    return (
        replace(
            state,
            # The values of the first calls stay, because later calls must differ from them, too.
            sights=tuple(
                pair for pair in sights if pair[1] not in over or (detects.differs and pair[0] == FIRST)
            ),
            used=tuple(sorted(one for one in used if newest - one[0] <= kept_for(seen.rule)))[-MOST_SIGHTS:],
        ),
        found,
    )


def _mark(sight: Sight) -> tuple[float, str]:
    return sight.at, sight.event


def _kept(state: State, seen: Seen, most: int) -> tuple[tuple[int, Sight], ...]:
    """Return the calls that can still matter, with a further one, in the order of time."""
    pairs = tuple(unique((*state.sights, (seen.step, seen.sight))))
    newest = pairs[-1][1].at
    pairs = tuple(pair for pair in pairs if newest - pair[1].at <= (LATE if pair[0] else kept_for(seen.rule)))
    ends = [index for index, (step, _) in enumerate(pairs) if step]
    left_out = frozenset(ends[:-MOST_THEN])
    pairs = tuple(pair for index, pair in enumerate(pairs) if index not in left_out)
    if len(pairs) <= most:
        return pairs
    repeated = frozenset(_repeated(pairs))
    pairs = tuple(pair for index, pair in enumerate(pairs) if index not in repeated)
    return pairs[-most:]


def _repeated(pairs: tuple[tuple[int, Sight], ...]) -> Iterator[int]:
    """Yield the places of calls with a value that a later call of the same step has, too."""
    later: set[tuple[int, str]] = set()
    for index in range(len(pairs) - 1, -1, -1):
        step, sight = pairs[index]
        if sight.value and (step, sight.value) in later:
            yield index
        later.add((step, sight.value))


def _most(detects: Once | Threshold | Sequence) -> int:
    """Return how many calls are kept: enough to reach the number of the rule."""
    number = 1.0
    if isinstance(detects, Threshold):
        number = detects.count
    elif isinstance(detects, Sequence):
        number = detects.least
    return max(MOST_SIGHTS, 2 * int(number))
