"""Start an execution: join the open incident or open a new one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen, replace
from ringfence.model.incident import incident_id, subject_cause
from ringfence.policy.decision import DecisionCode
from ringfence.record.facts import ContinuationStarted, DecisionMade, FindingReceived
from ringfence.record.history import History

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.policy.decision import Decision
    from ringfence.record.facts import Fact

MOST_EVENTS = 50
"""Findings of an incident whose events are stored completely. Later events are stored as a digest.

The sender of findings must not be able to make a chain too long to read.
"""


@frozen
class IncidentStart:
    """The start of an execution.

    `history` is the incident that is joined. It has no entries if a new one is opened. `facts` are the
    first facts of this execution. `outdated`: the request is about a time before its incident was closed.
    `earlier` is the ended incident that is not joined.
    """

    incident: str
    history: History
    facts: tuple[Fact, ...]
    decision: Decision
    opened_at: datetime
    outdated: bool
    earlier: History = History()

    @property
    def is_new(self) -> bool:
        """Whether this opens an incident."""
        return not self.history.entries

    def repeats(self, order: ResponseRequest) -> bool:
        """Return whether it is the same routine read again. Then only its result can be news."""
        known = {one.finding.id for one in self.history.of(FindingReceived)}
        return order.routine and all(
            isinstance(one, FindingReceived) and one.finding.id in known for one in self.facts
        )


def incident_start(
    order: ResponseRequest, history: History, now: datetime, *, finds: bool = True, rejoins: bool = False
) -> IncidentStart:
    """Join the open incident or open a new one.

    If a read `finds` nothing to do, no incident is opened after a remediated or closed one: only the newest
    incident can be undone, so an incident without changes must not replace it. An aged incident has nothing
    to undo. `rejoins`: somebody undid a recent fix of the ended incident, so the finding joins that one.
    Raises BadInput if there is nothing to resume, or if the request exceeds the decision.
    """
    stale, over = _ended(order, history, now, finds=finds) if history.entries else (False, False)
    over = over and not rejoins
    joins = bool(history.entries) and (stale or not over)
    known = history if joins else replace(history, entries=())
    last = known.last(DecisionMade)
    decision = order.decision or recorded_decision(known)
    if decision is None:
        raise BadInput("incident", f"there is no record to resume for {order.ref.key}")
    if order.decision is None and not stale:
        check_decided(order, known)
    opened_at = last.opened_at if last else instant(order, now)
    if last and decision.mode.changes and not _is_allowed(known):
        # An old dry run says nothing about the sessions to revoke now.
        opened_at = max(opened_at, instant(order, now))
    if order.rejected or (not joins and history.incident >= incident_id(opened_at, cause(order))):
        opened_at = now  # an update with the time of the ended incident: ids sort by the time of opening
    facts: list[Fact] = list(order.preface)
    if history.lease.void:
        from ringfence.engine.void_leases import voided  # no execution of Ringfence leads to it

        facts.extend(voided(known))
    if order.finding and not _knows(known, order):
        whole = len(known.of(FindingReceived)) < MOST_EVENTS
        facts.append(order.finding if whole else replace(order.finding, event=""))
    if order.request:
        facts.append(order.request)
    if order.decision:
        facts.extend(decision_facts(order, known, order.decision, opened_at))
    facts.extend(filter(None, (order.rejected,)))
    facts.extend(() if joins else _restored(history, now))
    if order.continuation:
        facts.extend(_started(order, known))
    incident = known.incident or incident_id(opened_at, cause(order))
    earlier = History() if joins else history
    return IncidentStart(incident, known, tuple(facts), decision, opened_at, stale, earlier)


def _restored(earlier: History, now: datetime) -> Iterator[Fact]:
    """Yield what a release of the incident before restored a moment ago, for who continues this one."""
    if earlier.release_asked_at is None:
        return
    from ringfence.engine.visibility import unsettled  # most incidents follow no release
    from ringfence.record.facts import RestoredBefore

    if targets := unsettled(earlier, History(), (), now):
        yield RestoredBefore(tuple(sorted(targets)))


def _knows(known: History, order: ResponseRequest) -> bool:
    """Return whether the finding is recorded. What its source denies is one finding, whatever it says."""
    if order.finding is None:
        return True
    denied = order.source is not None and order.source.verdict.denies
    return known.knows(order.finding) or (denied and known.knows_version(order.finding))


def _ended(order: ResponseRequest, history: History, now: datetime, *, finds: bool) -> tuple[bool, bool]:
    """Return whether a request is about a time before the end of an incident, and whether that has ended."""
    from ringfence.engine.incident_end import has_aged, is_outdated, is_over  # a new incident has no end

    over = is_over(order, history) and (finds or history.released_at is not None)
    return is_outdated(order, history), over or has_aged(order, history, now)


def _is_allowed(known: History) -> bool:
    from ringfence.engine.incident_end import is_allowed  # a new incident has no decision

    return is_allowed(known)


def _started(order: ResponseRequest, known: History) -> tuple[Fact, ...]:
    from ringfence.engine.continuations import started  # containment does not wait for it

    return () if started(order) in known.of(ContinuationStarted) else (started(order),)


def recorded_decision(known: History) -> Decision | None:
    """Return the newest decision that allowed changes, or else the newest one. A later one revokes none."""
    return next((made.decision for made in reversed(_in_force(known))), None)


def check_decided(order: ResponseRequest, known: History) -> None:
    """Raise BadInput if a continuation exceeds the decision, because anybody could have sent the message."""
    decided = {id_ for made in _in_force(known) for id_ in made.remediations}
    for id_ in order.runbook.ids:
        if id_ not in decided:
            raise BadInput("remediations", "must be part of the decision", id_)
    chosen = {choice for made in _in_force(known) for choice in made.choices}
    for name, choice in order.choices:
        # An option that is newer than the decision has its default value.
        if (name, choice) not in chosen and any(name == one for one, _ in chosen):
            raise BadInput(f"choices.{name}", "must match the decision", choice)


def _in_force(known: History) -> tuple[DecisionMade, ...]:
    made = known.of(DecisionMade)
    return tuple(one for one in made if one.decision.mode.changes) or made


def decision_facts(
    order: ResponseRequest, known: History, decision: Decision, opened_at: datetime
) -> list[Fact]:
    """Return the decision as a fact, unless it is recorded."""
    finding = order.finding.finding.id if order.finding else ""
    made = DecisionMade(
        decision,
        opened_at,
        finding,
        order.runbook.ids,
        order.choices,
        order.source,
        order.policy,
        order.approved,
    )
    recorded = map(_without_code, known.of(DecisionMade))
    return [made] if order.request or _without_code(made) not in recorded else []


def _without_code(made: DecisionMade) -> DecisionMade:
    """Compare decisions without what older records lack: their codes, and the policy's digest.

    A policy that changes elsewhere decides the same. So does a source that says the same in other words: its
    words contain what the event says, which somebody could change again and again.
    """
    decision, source = replace(made.decision, code=DecisionCode.UNKNOWN), made.source
    if source is not None:
        decision = replace(decision, reason="") if decision.reason == source.reason else decision
        source = replace(source, reason="")
    return replace(made, decision=decision, source=source, policy="")


def instant(order: ResponseRequest, now: datetime) -> datetime:
    """Return the time of the incident: that of the finding, so that every redelivery gives the same."""
    return min(order.finding.finding.updated_at, now) if order.finding else now


def cause(order: ResponseRequest) -> str:
    """Return the cause of the incident. Responses to one finding share it."""
    if order.finding:
        finding = order.finding.finding
        return f"{finding.source} {finding.account} {finding.id}"
    return subject_cause(order.ref, order.attempt)
