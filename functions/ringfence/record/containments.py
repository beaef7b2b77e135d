"""Open contained incidents: which incidents are verified again, and which names their records contain. Pure.

A call on one of these names can undo the containment. The list of these incidents is a projection of the
chains: the audit log writes it in the transaction that records a verification.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.model.codec import encode
from ringfence.model.frozen import frozen, replace
from ringfence.record.facts import RELEASE, Closed, ContainmentBroken, Intended, Outcome, Released, Verified
from ringfence.record.wording import is_containment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

MOST_NAMES, LONGEST_NAME, MOST_BYTES = 500, 2048, 250_000
"""The limits of the names of one incident, in names, and in bytes of one and of all. An item of the list can
have 400 KB. An item that is larger would prevent the record of the containment itself.
"""
_NO_NAMES = frozenset(
    (
        "$",
        "after",
        "before",
        "cidr",
        "device",
        "finding",
        "incident",
        "kind",
        "others",
        "path",
        "until",
        "vpc_id",
    )
)
"""The fields of steps whose texts do not name what a step changes: values, and what others share."""
_ID = re.compile(r"\b[a-z]{1,8}-[0-9a-f]{8,17}\b")


@frozen
class Containment:
    """An incident in the list. `verified_at`: when it was last verified. `broken`: it was not contained then.

    `open` is false after its release or its end: nothing verifies it then. `names` are the ids and names in
    its subject and in its recorded steps while it is open.
    """

    key: ChainKey
    incident: str
    open: bool
    verified_at: datetime
    names: frozenset[str] = frozenset()
    broken: bool = False

    @property
    def account(self) -> str:
        """The account of the subject."""
        return self.key.subject.split("/")[1]


def is_contained(history: History) -> bool:
    """Return whether an incident must stay contained: all was done, it is open, and no release was requested.

    Access that only a person can close does not end the watch on what Ringfence closed. Neither does a later
    verification that says nothing about containment.
    """
    verified = next((one for one in reversed(history.of(Verified)) if one.judged), None)
    over = history.closed_at is not None or history.release_asked_at is not None
    return bool(verified and (verified.contained or _is_done(verified))) and not over


def _is_done(verified: Verified) -> bool:
    return bool(verified.open_access) and not (verified.remaining or verified.settling)


def update(key: ChainKey, history: History, entries: Iterable[Entry]) -> Containment | None:
    """Return the new item of the list after an append. None if the item stays unchanged."""
    last = next((one for one in reversed(tuple(entries)) if _counts(one.fact)), None)
    if last is None or not is_containment(key.runbook):
        return None
    found = replace(history, entries=(*_before(history, last), *entries))
    is_open, broken = is_contained(found), found.broken is not None
    names = names_of(key, found) if is_open else frozenset()
    return Containment(key, last.incident, is_open, last.at, names, broken)


def containment(key: ChainKey, history: History) -> Containment | None:
    """Return the item of an incident as its whole chain shows it. None if nothing was verified."""
    return update(key, replace(history, entries=()), history.entries)


def names_of(key: ChainKey, history: History) -> frozenset[str]:
    """Return the ids and names of the subject and of everything that the recorded steps changed."""
    found = dict.fromkeys((key.subject.split("/", 3)[3], *_named(history.of(Intended), history.of(Outcome))))
    return frozenset(fitting(found))


def fitting(names: Iterable[str]) -> Iterator[str]:
    """Yield the first names that fit into an item of the list. No name of AWS is longer than an ARN."""
    left, size = MOST_NAMES, MOST_BYTES
    for name in names:
        needed = len(name.encode())
        if needed <= LONGEST_NAME and left and needed <= size:
            left, size = left - 1, size - needed
            yield name


def _counts(fact: Fact) -> bool:
    return isinstance(fact, Verified | Released | Closed | ContainmentBroken)


def _before(history: History, first: Entry) -> tuple[Entry, ...]:
    return history.entries if history.incident == first.incident else ()


def _named(intents: Iterable[Intended], outcomes: Iterable[Outcome]) -> Iterator[str]:
    for one in intents:
        if one.stage != RELEASE:
            yield from _texts(encode(one.step))
    for outcome in outcomes:
        yield from (name for _, name in outcome.provides)
        yield from _ID.findall(outcome.detail)


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        if data:
            yield data
    elif isinstance(data, list):
        for one in data:
            yield from _texts(one)
    elif isinstance(data, dict):
        for name, one in data.items():
            if name not in _NO_NAMES:
                yield from _texts(one)
