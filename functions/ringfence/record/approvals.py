"""The state of an approval: a function of the facts of its incident and of the time. Pure.

Nothing else keeps the state. So whatever a schedule, a message or a person does late, an answer after the
expiry does not count, and an approval begins once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.person import person
from ringfence.record.approval_facts import (
    Answer,
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoided,
    Expiry,
)
from ringfence.record.facts import Closed, DecisionMade, Released, RunRequested
from ringfence.record.summary import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.record.chain import Entry
    from ringfence.record.facts import Fact

BEGIN_WITHIN = timedelta(hours=1)
"""How long after the last answer an approved plan may begin. What people agreed to is then too old."""
_KINDS = frozenset(
    (
        "ApprovalAnswered",
        "ApprovalExpired",
        "ApprovalRequested",
        "ApprovalVoided",
        "Closed",
        "DecisionMade",
        "Released",
        "RunRequested",
    )
)


class ApprovalStatus(StrEnum):
    """The status of an approval."""

    WAITING = "waiting"
    APPROVED = "approved"
    BEGUN = "begun"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOIDED = "voided"

    @property
    def is_open(self) -> bool:
        """Whether something may still follow from it."""
        return self in (ApprovalStatus.WAITING, ApprovalStatus.APPROVED)


@frozen
class Given:
    """An answer: who gave it, and when."""

    actor: str
    at: datetime
    answer: str
    reason: str
    break_glass: bool = False


@frozen
class Approval:
    """An approval and what became of it.

    `at` is when it was requested, by the entry `seq`. `seqs` are the numbers of the entries that it depends
    on. `requesters` are the people who requested a run of this incident. `recorded` is the
    status that facts say, and `since` when they said so.
    """

    asked: ApprovalRequested
    at: datetime
    seq: int = 0
    seqs: tuple[int, ...] = ()
    requesters: tuple[str, ...] = ()
    answers: tuple[Given, ...] = ()
    recorded: ApprovalStatus = ApprovalStatus.WAITING
    since: datetime | None = None

    @property
    def id(self) -> str:
        """The id of the approval."""
        return self.asked.approval

    @property
    def approvers(self) -> tuple[str, ...]:
        """The people who approved it, each once."""
        return tuple(dict.fromkeys(one.actor for one in self.answers if one.answer == Answer.APPROVE))

    @property
    def missing(self) -> int:
        """How many people must still approve."""
        given = [one for one in self.answers if one.answer == Answer.APPROVE]
        if any(one.break_glass for one in given):
            return 0
        return max(0, self.asked.rules.count - len({person(one.actor) for one in given}))

    @property
    def who(self) -> tuple[str, ...]:
        """Who may approve it, in words. Empty: every approver."""
        rules = self.asked.rules
        return (
            *(("two people",) if rules.count > 1 else ()),
            *((f"members of {', '.join(rules.roles)}",) if rules.roles else ()),
            *(("nobody who requested this run",) if rules.other_than_requester else ()),
        )

    def status(self, now: datetime) -> ApprovalStatus:
        """Return the status at a time."""
        if self.recorded is ApprovalStatus.WAITING and now >= self.asked.expires_at:
            return ApprovalStatus.EXPIRED
        late = self.since is not None and now >= self.since + BEGIN_WITHIN
        if self.recorded is ApprovalStatus.APPROVED and late:
            return ApprovalStatus.EXPIRED
        return self.recorded

    def refusal(self, given: Given, digest: str) -> str:
        """Return why an answer does not count. Empty if it counts.

        The digest says which plan the person has seen. A rejection needs no rule: everybody who may answer
        can stop a plan.
        """
        status, asked = self.status(given.at), self.asked
        if status is not ApprovalStatus.WAITING:
            by = "; ".join(
                f"{one.answer} by {one.actor} at {one.at:%Y-%m-%d %H:%M} UTC" for one in self.answers
            )
            return f"approval {self.id} is {status}, so it takes no more answers{by and f' ({by})'}"
        if digest != asked.digest:
            return f"the plan of approval {self.id} has another digest: check the plan again"
        if given.answer == Answer.REJECT or given.break_glass:
            return ""
        return self._not_permitted(given.actor)

    def _not_permitted(self, actor: str) -> str:
        """Return why the rules do not let somebody approve."""
        rules, who = self.asked.rules, person(actor)
        if rules.roles and who not in {person(one) for one in rules.roles}:
            return f"the policy lets only members of {', '.join(rules.roles)} approve"
        if rules.other_than_requester and who in {person(one) for one in self.requesters}:
            return f"{who} requested this run, and the policy wants another person to approve it"
        if who in {person(one) for one in self.approvers}:
            return f"{who} has approved it, and the policy wants another person as well"
        return ""

    def after(self, entry: Entry, fact: Fact) -> Approval:
        """Return it after a later fact of its incident."""
        about = getattr(fact, "approval", "") == self.id
        if not self.recorded.is_open or not (about or isinstance(fact, Released | Closed)):
            return self
        if isinstance(fact, ApprovalAnswered):
            given = Given(entry.actor, entry.at, fact.answer, fact.reason, fact.break_glass)
            return self if self.refusal(given, self.asked.digest) else _answered(self, given, entry)
        status = self._ended_by(fact, entry.at)
        if status and not self.status(entry.at).is_open:
            status = ApprovalStatus.EXPIRED
        return _now(self, status, entry) if status else self

    def _ended_by(self, fact: Fact, at: datetime) -> ApprovalStatus | None:
        """Return the status that a fact other than an answer leads to. None if it leads to none."""
        if isinstance(fact, ApprovalExpired):
            executes = fact.outcome == Expiry.EXECUTE and self.asked.vetoable
            return ApprovalStatus.APPROVED if executes else ApprovalStatus.EXPIRED
        if isinstance(fact, DecisionMade):
            return ApprovalStatus.BEGUN if self.status(at) is ApprovalStatus.APPROVED else None
        ends = isinstance(fact, ApprovalVoided | Released | Closed)
        return ApprovalStatus.VOIDED if ends else None


def _answered(one: Approval, given: Given, entry: Entry) -> Approval:
    answered = replace(one, answers=(*one.answers, given), seqs=(*one.seqs, entry.seq))
    if given.answer == Answer.REJECT:
        return _now(answered, ApprovalStatus.REJECTED, entry)
    return answered if answered.missing else _now(answered, ApprovalStatus.APPROVED, entry)


def _now(one: Approval, status: ApprovalStatus, entry: Entry) -> Approval:
    seqs = tuple(dict.fromkeys((*one.seqs, entry.seq)))
    return replace(one, recorded=status, since=entry.at, seqs=seqs)


def approvals(entries: Iterable[Entry]) -> tuple[Approval, ...]:
    """Return the approvals of an incident, oldest first. Steps are not decoded."""
    found: dict[str, Approval] = {}
    requesters: tuple[str, ...] = ()
    for entry in _relevant(entries):
        fact = entry.fact
        if isinstance(fact, RunRequested) and not fact.dry_run:
            requesters = (*requesters, entry.actor)
        found = {id_: replace(one, requesters=requesters).after(entry, fact) for id_, one in found.items()}
        if isinstance(fact, ApprovalRequested) and fact.approval not in found:
            found[fact.approval] = Approval(fact, entry.at, entry.seq, (entry.seq,), requesters)
    return tuple(found.values())


def approval_of(entries: Iterable[Entry], id_: str) -> Approval | None:
    """Return the approval with an id. None if the incident has none."""
    return next((one for one in approvals(entries) if one.id == id_), None)


def waiting(entries: Iterable[Entry], now: datetime) -> tuple[Approval, ...]:
    """Return the approvals that wait for an answer."""
    return tuple(one for one in approvals(entries) if one.status(now) is ApprovalStatus.WAITING)


def _relevant(entries: Iterable[Entry]) -> Iterator[Entry]:
    return (one for one in entries if line(one).kind in _KINDS)
