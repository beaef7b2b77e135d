"""The facts about records that cannot be trusted. Imported if needed."""

from __future__ import annotations

from ringfence.model.codec import value
from ringfence.record.facts import Fact


@value
class LeaseVoided(Fact):
    """The resource had a lease that no execution of Ringfence can have taken. It counts as none.

    `reason` says why. `owner` and `until` are what the lease said, as texts.
    """

    reason: str
    owner: str = ""
    until: str = ""


@value
class HistoryRejected(Fact):
    """What an incident's entries say was not obeyed, because one of them is not authentic.

    `asked`: what was to be done. A run begins a new incident instead, and this is one of its first facts.
    `incident` has the entry number `entry`, and `why` says in words what is wrong with it.
    """

    asked: str
    incident: str
    entry: int
    why: str


@value
class RecordUnsealed(Fact):
    """An execution writes entries without a MAC, because it has no key. `reason` says why, in words."""

    reason: str


@value
class UnsealedAccepted(Fact):
    """A person released an incident although nobody can prove who wrote some of its entries.

    `entries` are their numbers. `covered`: the checkpoint of the transparency log that covers them. Empty if
    none is known.
    """

    entries: tuple[int, ...]
    reason: str
    covered: str = ""
