"""How an execution begins: joining the open incident or opening one. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.incident import incident_id, subject_cause
from ringfence.model.observation import ResourceState
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.facts import DecisionMade, FindingReceived, Intended
from ringfence.record.history import History

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.errors import NotFound
    from ringfence.record.facts import Fact

MOST_EVENTS = 50
"""Findings of one incident whose events are kept whole; of later ones the digest stands for the event.

Who can cause findings must not be able to make a chain that is too long to be read.
"""
AGE = timedelta(days=7)
"""How long findings join an incident in which nothing is carried out: each reads its chain whole."""
CLOCKS = timedelta(seconds=5)
"""By how much the time of an event may lie before ours: services tell whole seconds, by their own clocks.
What may have happened after it was put right is looked at once more.
"""


@frozen
class IncidentStart:
    """What an execution starts from.

    `history` is the incident that is joined, without entries when a new one is opened. `facts` begin
    this execution's record. `outdated`: the order speaks of a time before its incident was closed.
    """

    incident: str
    history: History
    facts: tuple[Fact, ...]
    decision: Decision
    opened_at: datetime
    outdated: bool

    @property
    def is_new(self) -> bool:
        """Whether this opens an incident."""
        return not self.history.entries

    def repeats(self, order: ResponseRequest) -> bool:
        """Say whether it is the same routine look once more: only what it finds may be news."""
        known = {one.finding.id for one in self.history.of(FindingReceived)}
        return order.routine and all(
            isinstance(one, FindingReceived) and one.finding.id in known for one in self.facts
        )


def incident_start(
    order: ResponseRequest, history: History, now: datetime, *, finds: bool = True
) -> IncidentStart:
    """Join the open incident or open a new one.

    Where a look `finds` nothing to do, none is opened after one that was put right or closed: only the
    newest incident can be undone, and one in which nothing is done must not stand before it. In one that
    has aged there is nothing to undo. Raises BadInput when there is nothing to go on with, or more is asked
    for than was decided.
    """
    stale = is_outdated(order, history)
    over = is_over(order, history) and (finds or history.released_at is not None)
    over = over or has_aged(order, history, now)
    joins = bool(history.entries) and (stale or not over)
    known = history if joins else History((), history.lease)
    last = known.last(DecisionMade)
    decision = order.decision or recorded_decision(known)
    if decision is None:
        raise BadInput("incident", f"there is no record to resume for {order.ref.key}")
    if order.decision is None and not stale:
        check_decided(order, known)
    opened_at = last.opened_at if last else instant(order, now)
    if last and decision.mode.changes and not is_allowed(known):
        # A dry run of weeks ago says nothing of the sessions that are to be revoked now.
        opened_at = max(opened_at, instant(order, now))
    if not joins and history.incident >= incident_id(opened_at, cause(order)):
        opened_at = now  # an update that bears the instant of what ended: ids sort by the time of opening
    facts: list[Fact] = []
    if order.finding and not known.knows(order.finding):
        whole = len(known.of(FindingReceived)) < MOST_EVENTS
        facts.append(order.finding if whole else replace(order.finding, event=""))
    if order.request:
        facts.append(order.request)
    if order.decision:
        facts.extend(decision_facts(order, known, order.decision, opened_at))
    incident = known.incident or incident_id(opened_at, cause(order))
    return IncidentStart(incident, known, tuple(facts), decision, opened_at, stale)


def recorded_decision(known: History) -> Decision | None:
    """Return the newest decision that allowed changes, or else the newest: a later one takes none back."""
    return next((made.decision for made in reversed(_in_force(known))), None)


def check_decided(order: ResponseRequest, known: History) -> None:
    """Raise BadInput where going on means more than was decided: the message may be anybody's."""
    decided = {id_ for made in _in_force(known) for id_ in made.remediations}
    for id_ in order.runbook.ids:
        if id_ not in decided:
            raise BadInput("remediations", "must be part of the decision", id_)
    chosen = {choice for made in _in_force(known) for choice in made.choices}
    for name, choice in order.choices:
        # An option that is newer than the decision has its default: nobody could choose.
        if (name, choice) not in chosen and any(name == one for one, _ in chosen):
            raise BadInput(f"choices.{name}", "must match the decision", choice)


def is_allowed(known: History) -> bool:
    """Say whether any decision allowed changes: until then the incident's instant moves on."""
    return any(made.decision.mode.changes for made in known.of(DecisionMade))


def _in_force(known: History) -> tuple[DecisionMade, ...]:
    made = known.of(DecisionMade)
    return tuple(one for one in made if one.decision.mode.changes) or made


def downgrade(
    order: ResponseRequest, observed: ResourceState | NotFound | None, doubt: str
) -> ResponseRequest:
    """Allow less than the policy does where a claim does not hold, or the subject calls for caution.

    What a subject says of itself, by a tag say, may be an intruder's word: it makes an order more cautious,
    never less. A person's request stands.
    """
    given = order.decision
    if not order.finding or not given or not given.mode.observes:
        return order
    if doubt:
        return replace(order, decision=Decision(Mode.NOTIFY, doubt, given.rule, DecisionCode.UNCONFIRMED))
    if not given.mode.changes or not isinstance(observed, ResourceState):
        return order
    if not (cautions := order.runbook.stages[0].reasons_to_downgrade(observed)):
        return order
    reason = "; ".join(cautions)
    return replace(order, decision=Decision(Mode.DRY_RUN, reason, given.rule, DecisionCode.DOWNGRADED))


def is_over(order: ResponseRequest, history: History) -> bool:
    """Say whether the incident has ended, so that what is asked now opens another one.

    What may change nothing opens none after one that was put right: that can still be undone.
    """
    if history.closed_at is not None:
        return True
    completed = history.completed_at if order.runbook.closes_when_complete else None
    if completed is None or not order.decision or not order.decision.mode.changes:
        return False
    return order.finding is None or order.finding.finding.last_seen > completed


def has_aged(order: ResponseRequest, history: History, now: datetime) -> bool:
    """Say whether a finding is news to an old incident in which nothing was, or is to be, carried out.

    There is nothing in it to undo, and no note. A person goes on with what they were told of, and a routine
    look that finds the same again is no news. The age counts by our clock: a finding may claim any time.
    """
    found = order.finding
    if not found or not history.entries or now < history.entries[0].at + AGE or history.knows(found):
        return False
    if found.finding.routine and found.finding.id in {f.finding.id for f in history.of(FindingReceived)}:
        return False
    tried = is_allowed(history) and history.completed_at is None and history.closed_at is None
    return not (tried or history.of(Intended) or history.lease.held(now, ""))


def is_outdated(order: ResponseRequest, history: History) -> bool:
    """Say whether what is asked was seen before the incident was closed; a person's wish never is.

    From the moment that a person asks for a release, what is on its way from before changes nothing;
    nor does what was left to do of another incident.
    """
    if order.incident and history.incident != order.incident:
        return bool(history.entries)
    ended_at = history.closed_at or history.release_asked_at or _remediated_at(order, history)
    if ended_at is None or order.request:
        return False
    return order.finding is None or _is_before(order.finding.finding.last_seen, ended_at)


def _is_before(seen: datetime, ended: datetime) -> bool:
    """Say whether it was seen before; CloudTrail tells whole seconds, and the last of them may hold both."""
    return seen < ended.replace(microsecond=0) if not seen.microsecond else seen <= ended


def _remediated_at(order: ResponseRequest, history: History) -> datetime | None:
    """Return until when what was seen had been put right; None where some of it was not, or was not tried."""
    if not order.runbook.closes_when_complete or not order.finding:
        return None
    found = [history.remediated.get(id_) for id_ in order.runbook.ids]
    times = [at for at in found if at]
    return min(times) - CLOCKS if times and times == found else None


def decision_facts(
    order: ResponseRequest, known: History, decision: Decision, opened_at: datetime
) -> list[Fact]:
    """Return the decision as a fact, unless it is recorded already."""
    finding = order.finding.finding.id if order.finding else ""
    made = DecisionMade(decision, opened_at, finding, order.runbook.ids, order.choices)
    recorded = map(_without_code, known.of(DecisionMade))
    return [made] if order.request or _without_code(made) not in recorded else []


def _without_code(made: DecisionMade) -> DecisionMade:
    """Decisions that were recorded before there were codes have none, and are the same all the same."""
    return replace(made, decision=replace(made.decision, code=DecisionCode.UNKNOWN))


def instant(order: ResponseRequest, now: datetime) -> datetime:
    """Return the incident's instant: the finding's own, so that every redelivery says the same."""
    return min(order.finding.finding.updated_at, now) if order.finding else now


def cause(order: ResponseRequest) -> str:
    """Return what the incident is named for; responses to one finding share it."""
    if order.finding:
        finding = order.finding.finding
        return f"{finding.source} {finding.account} {finding.id}"
    return subject_cause(order.ref, order.attempt)
