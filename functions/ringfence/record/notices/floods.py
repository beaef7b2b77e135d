"""Many notices of one kind become one. Pure: the state is a value.

The first notices are sent one by one, and so is every urgent one, except that somebody who tampers again and
again cannot send people a message each time. After that, a summary follows for the next
one, and then for twice as many notices each time. So the number of messages grows slowly. What waits for a
quarter of an hour is sent with the next entry of any kind, such as a heartbeat. So an intruder cannot keep a
notice back with a flood. The count begins again an hour after the first notice. The plans that one answer
approves or rejects have one notice.
"""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen, replace
from ringfence.model.step import counted
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.record.notices.notice import About, Command, Notice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MOST_OF_A_KIND, MOST_OF_A_SUBJECT = 30, 5
"""How many notices of a kind are sent one by one in an hour: of a runbook in an account, of a resource."""
WITHIN, LONGEST_WAIT = timedelta(hours=1), timedelta(minutes=15)
MOST_COUNTED = 500
"""How many kinds and resources are counted at one time. Beyond that, the oldest count is forgotten,
and one with notices that wait only if all have some.
"""
MOST_NAMED = 20
MOST_BATCHES = 100
"""How many batches are remembered. The next notice of a forgotten one is sent once more."""
_Key = tuple[str, ...]


@frozen
class Count:
    """The notices since `first`. `waiting` are those that no message told yet. `size` of them may wait."""

    first: Notice
    sent: int = 0
    waiting: tuple[Notice, ...] = ()
    more: int = 0
    size: int = 1

    def over(self, notice: Notice) -> bool:
        """Return whether the hour is over when a notice comes."""
        return not (notice.at and self.first.at) or notice.at >= self.first.at + WITHIN

    def is_late(self, now: datetime) -> bool:
        """Return whether what waits must be sent at a time. The oldest one that is kept says so."""
        oldest = self.waiting[0].at if self.waiting else None
        return oldest is not None and now >= oldest + LONGEST_WAIT


@frozen
class Floods:
    """The notices of the last hour, counted, and the newest batches of answered plans."""

    counts: Mapping[_Key, Count] = field(default_factory=dict)
    batches: tuple[str, ...] = ()

    def after(self, notice: Notice) -> tuple[Floods, tuple[Notice, ...]]:
        """Return the state after one more notice, and the messages to send: the notice, a summary or none."""
        if notice.batch:
            return self._of_batch(notice)
        if not _can_wait(notice):
            return self, (notice,)
        messages: list[Notice] = []
        counts = dict(self.counts)
        for key, most in _keys(notice):
            count = counts.pop(key, Count(notice))
            if count.over(notice):
                messages += _rest(count)
                count = Count(notice)
            if count.sent >= most:
                counts[key], summary = _waiting(count, notice)
                return replace(self, counts=_bounded(counts)), (*messages, *summary)
            counts[key] = replace(count, sent=count.sent + 1)
        return replace(self, counts=_bounded(counts)), (*messages, notice)

    def _of_batch(self, notice: Notice) -> tuple[Floods, tuple[Notice, ...]]:
        """Return the first notice of a batch, which says how to list the other plans. It stands for all."""
        if notice.batch in self.batches:
            return self, ()
        return replace(self, batches=(*self.batches, notice.batch)[-MOST_BATCHES:]), (notice,)

    @property
    def waiting(self) -> tuple[Notice, ...]:
        """The notices that no message told yet, as far as they are kept."""
        return tuple(one for count in self.counts.values() for one in count.waiting)

    def late(self, now: datetime) -> tuple[Floods, tuple[Notice, ...]]:
        """Return the state without what waits for too long at a time, and the summaries of that."""
        late = {key: one for key, one in self.counts.items() if one.is_late(now)}
        if not late:
            return self, ()
        told = {key: replace(one, waiting=(), more=0) for key, one in late.items()}
        counts = MappingProxyType({**self.counts, **told})
        return replace(self, counts=counts), tuple(map(_summary, late.values()))


def summaries(notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """Return summaries of notices that waited in another environment: for each kind, runbook and account."""
    groups: dict[_Key, list[Notice]] = {}
    for one in notices:
        groups.setdefault(_keys(one)[-1][0], []).append(one)
    return tuple(
        _summary(Count(of[0], waiting=tuple(of[-MOST_NAMED:]), more=max(len(of) - MOST_NAMED, 0)))
        for of in groups.values()
    )


def _can_wait(notice: Notice) -> bool:
    usual = notice.kind.can_be_summed_up and notice.urgency is not Urgency.URGENT
    return (usual or notice.endless) and not notice.escalated and notice.at is not None


def _keys(notice: Notice) -> tuple[tuple[_Key, int], ...]:
    on = notice.about
    return (
        ((notice.kind.code, on.kind, on.account, on.region, on.id), MOST_OF_A_SUBJECT),
        ((notice.kind.code, notice.runbook, on.account), MOST_OF_A_KIND),
    )


def _waiting(count: Count, notice: Notice) -> tuple[Count, tuple[Notice, ...]]:
    waiting = (*count.waiting, notice)
    more = count.more + max(len(waiting) - MOST_NAMED, 0)
    held = replace(count, waiting=waiting[-MOST_NAMED:], more=more)
    if len(held.waiting) + more < count.size:
        return held, ()
    return replace(count, waiting=(), more=0, size=2 * count.size), (_summary(held),)


def _rest(count: Count) -> tuple[Notice, ...]:
    return (_summary(count),) if count.waiting else ()


def _summary(count: Count) -> Notice:
    """Return one notice for those that wait. Its findings are theirs, so it has the worst severity."""
    newest, number = count.waiting[-1], len(count.waiting) + count.more
    on = {one.about for one in count.waiting}
    what = f"{counted(number, 'more notice')}: {newest.what}"
    ends = f", until {newest.at and count.first.at and count.first.at + WITHIN:%H:%M} UTC"
    never = "" if newest.endless else "; urgent ones never are"
    parts = (
        ("What they are about, newest last", tuple(map(_line, count.waiting))),
        ("What follows", (f"more notices of this kind are summarized{ends}{never}",)),
    )
    return Notice(
        NoticeKind.SUMMARY,
        what,
        on.pop() if len(on) == 1 else About(account=newest.about.account),
        _worst(count.waiting),
        at=newest.at,
        runbook=newest.runbook,
        findings=tuple(found for one in count.waiting for found in one.findings[-1:]),
        parts=parts,
        commands=(Command("list all of them", "ringfence incidents list --since 2h"),),
    )


def _worst(notices: tuple[Notice, ...]) -> Urgency:
    """Return the urgency of a summary: it is urgent if one of its notices is."""
    found = {one.urgency for one in notices}
    return Urgency.URGENT if Urgency.URGENT in found else NoticeKind.SUMMARY.urgency


def _line(one: Notice) -> str:
    on = one.about
    where = f"{on.kind} {on.id} (account {on.account}, {on.region})"
    return f"{where}: {one.what}, {one.incident}"


def _bounded(counts: dict[_Key, Count]) -> Mapping[_Key, Count]:
    while len(counts) > MOST_COUNTED:
        oldest = next(iter(counts))
        counts.pop(next((key for key, one in counts.items() if not one.waiting), oldest))
    return MappingProxyType(counts)
