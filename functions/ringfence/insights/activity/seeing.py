"""What rules see in one record: which calls they match, and the values that they keep of them. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ringfence.events.matching import matches
from ringfence.insights.activity.detection import Sight, called, sight_of
from ringfence.insights.activity.rule import FirstSeen, Once, Rule, Sequence, Threshold
from ringfence.insights.activity.selecting import prefix_of, principal_of, select
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import is_own_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringfence.insights.activity.detection import Called
    from ringfence.insights.activity.rule import Calls
    from ringfence.insights.activity.selecting import Networks, Record

    _Step = tuple[Rule, int, Mapping[str, object], Callable[[Record], bool] | None]
    """A rule, the number of the step, and the conditions of its calls."""

MOST_VALUE = 128
"""The longest value that is kept unchanged. Of a longer one, only the hash is kept."""
MOST_ID = 600
"""The longest id or ARN of a resource that a finding can be about."""
FIRST, THEN = 0, 1
"""The steps of a rule. Only a sequence has a second one."""


class Seen(NamedTuple):
    """A call that a step of a rule matched."""

    rule: Rule
    step: int
    sight: Sight


class Seeing:
    """Rules, by the names of the calls that they are about.

    Parameters
    ----------
    rules
        The rules.
    networks
        A function from an address to the network that it is in. Empty for what is no address.

    """

    def __init__(self, rules: Iterable[Rule], networks: Networks = prefix_of) -> None:
        self._networks = networks
        self._steps: dict[str, list[_Step]] = defaultdict(list)
        for rule in rules:
            for step, calls in steps_of(rule):
                for name in calls.names or ("",):
                    self._steps[name].append((rule, step, calls.pattern(), calls.also))

    def of(self, record: Record, at: float) -> Iterator[Seen]:
        """Yield what the rules see in a record of that time. Ringfence's own calls are left out."""
        if _is_own(record):
            return
        name, found = str(record["eventName"]), _normal(record)
        call: Called | None = None
        for rule, step, pattern, also in (*self._steps.get(name, ()), *self._steps.get("", ())):
            if matches(pattern, found) and (also is None or also(found)):
                call = call or called(found, at)
                if sight := self._sight(rule, step, found, call):
                    yield Seen(rule, step, sight)

    def _sight(self, rule: Rule, step: int, record: Record, call: Called) -> Sight | None:
        """Return what a rule keeps of a call. None if the record lacks a value that it compares."""
        detects = rule.detects
        by = (
            detects.then_by
            if step == THEN and isinstance(detects, Sequence) and detects.then_by
            else detects.by
        )
        named = (select(record, one.path) for one in rule.about)
        targets = tuple(one if len(one) <= MOST_ID else "" for one in named)
        key = tuple(select(record, one, self._networks) for one in by)
        if not all(key):
            return None
        key = (call.account, *key)  # names such as those of users exist in many accounts
        value = (
            _short(select(record, selector, self._networks)) if (selector := _value_of(rule, step)) else ""
        )
        if isinstance(detects, FirstSeen) and not value:
            return None
        if isinstance(detects, Once):
            key = (*key, *targets)
        return sight_of(call, key, value, targets)


def _short(value: str) -> str:
    """Return a value to compare with others. A caller can choose long ones, and a state keeps many."""
    if len(value) <= MOST_VALUE:
        return value
    return hashlib.sha256(value.encode("utf-8", "backslashreplace")).hexdigest()


def time_of(record: Record) -> float:
    """Return the time of a record, in seconds since 1970.

    Raises BadInput that names the field if it is no record of CloudTrail. Exports leave out the zone: it is
    UTC.
    """
    document = Document.of(record)
    for name in ("eventName", "eventSource"):
        document.text(name)
    given = document.text("eventTime")
    try:
        read = datetime.fromisoformat(given)
        return (read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadInput("eventTime", "must be a time such as 2027-01-31T23:59:59Z", given) from error


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
