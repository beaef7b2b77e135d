"""Verify an open contained incident again: the same reads and plans, without a finding.

It changes nothing itself. If the resource is not contained any more, it records that, and returns the
request that contains it again, or none if a person must decide.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.engine.execution import Execution
from ringfence.engine.incident_start import incident_start
from ringfence.engine.journal import journal
from ringfence.engine.prospect import Prospect
from ringfence.engine.read import read
from ringfence.engine.reading import ReadRequest
from ringfence.engine.requests import ResponseRequest
from ringfence.model.errors import InternalError, NotFound
from ringfence.model.frozen import frozen
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.runbook import unique
from ringfence.policy.selection import portions
from ringfence.record.chain import ChainKey
from ringfence.record.containments import is_contained
from ringfence.record.facts import ContainmentBroken, DecisionMade, FindingReceived, Verified

if TYPE_CHECKING:
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.events.cloudtrail.parser.undoing import Undoing
    from ringfence.model.observation import ResourceState
    from ringfence.model.remediation import Remediation
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Policy
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

MOST_REPORTS = 10
"""Reports in a row without a verification between them. Further ones add nothing that a person needs."""


class Standing(StrEnum):
    """The result of a verification."""

    CONTAINED = "contained"
    BROKEN = "broken"
    UNCLEAR = "unclear"
    """Another execution acts, or something is settling or cannot be read now."""
    GONE = "gone"
    ENDED = "ended"
    """The incident was released or closed, a newer one exists, or the policy no longer covers the subject."""


@frozen
class RecheckRequest:
    """Verify `incident` of `ref` again. `cause`: the call that may have undone the containment, if known."""

    runbook: Runbook
    ref: Ref
    incident: str
    policy: Policy
    execution: ExecutionContext
    cause: Undoing | None = None


@frozen
class RecheckResult:
    """The result. `open` is what must be done again, and `names` are ids that were seen, in words.

    `answered`: `follows` contains the resource again. Otherwise a person must, and `reason` says why.
    """

    standing: Standing
    incident: str
    open: tuple[str, ...] = ()
    reason: str = ""
    answered: bool = False
    follows: ResponseRequest | None = None
    names: frozenset[str] = frozenset()


@frozen
class Rechecker:
    """Verifies incidents again. It has no state."""

    ports: Ports

    def recheck(self, request: RecheckRequest) -> RecheckResult:
        """Read, plan, and record what changed. Raises Retryable."""
        key = ChainKey(request.runbook.id, request.ref.key)
        history = read(self.ports, ReadRequest(request.ref, chain=key)).history
        allowed = permitted(request, history)
        if history.incident != request.incident or not is_contained(history) or allowed.ends:
            reason = allowed.reason if allowed.ends else "it ended, or its release was requested"
            return RecheckResult(Standing.ENDED, request.incident, reason=reason)
        if history.lease.held(self.ports.clock(), request.execution.attempt):
            return RecheckResult(Standing.UNCLEAR, request.incident, reason="another execution is acting")
        return _Recheck(self.ports, request, history, allowed).run()


@frozen
class Permitted:
    """The remediations that the policy permits now. `ends`: it permits not even a notification."""

    ids: tuple[str, ...] = ()
    reason: str = ""
    ends: bool = False


def permitted(request: RecheckRequest, history: History) -> Permitted:
    """Return which remediations the policy permits for the findings that led to the containment."""
    if outside := request.policy.outside(request.ref):
        return Permitted(reason=outside, ends=True)
    acted_on = {made.finding for made in history.of(DecisionMade) if made.decision.mode.changes}
    newest = {one.finding.id: one.finding for one in history.of(FindingReceived)}
    findings = [finding for id_, finding in newest.items() if id_ in acted_on]
    if not findings:
        return Permitted(reason="a person requested the containment, and no finding permits another one")
    shares = [
        share
        for finding in findings
        for share in portions(request.policy, request.runbook, finding, request.ref)
    ]
    ids = unique(id_ for one in shares if one.decision.mode.changes for id_ in one.runbook.ids)
    reasons = unique(one.decision.reason for one in shares if not one.decision.mode.changes)
    return Permitted(ids, "; ".join(reasons), ends=not any(one.decision.mode.records for one in shares))


@frozen
class _Recheck:
    """One verification of one incident, whose chain was read."""

    ports: Ports
    request: RecheckRequest
    history: History
    allowed: Permitted

    def run(self) -> RecheckResult:
        decided, incident = _resumption(self.request, self.history), self.request.incident
        seen = self._read(decided)
        if isinstance(seen, NotFound):
            return RecheckResult(Standing.GONE, incident, reason=seen.reason, follows=decided)
        broken, unclear = self._remaining(decided, seen), self._unclear(seen)
        if broken and self.request.cause is None:
            broken, unclear = self._confirmed(decided, broken, unclear)
        names = frozenset(seen.names().values())
        exposed = unique((*self._exposed(decided, seen), *self._ways(decided, seen)))
        if broken or exposed:
            return replace(self._broken(decided, broken, exposed), names=names)
        if unclear:
            return RecheckResult(Standing.UNCLEAR, incident, reason="; ".join(unclear))
        if self.history.broken and self.history.verified:
            self._record(decided, self.history.verified)
        return RecheckResult(Standing.CONTAINED, incident, names=names)

    def _read(self, decided: ResponseRequest) -> ResourceState | NotFound:
        kinds = unique(kind for stage in _watched(decided).stages for kind in stage.observations)
        provided = self.history.provided_with()
        asked = ReadRequest(self.request.ref, kinds, self.history.steps(), essential=(), provided=provided)
        resource = read(self.ports, asked).resource
        if resource is None:
            raise InternalError("the resource was not observed")
        return resource

    def _remaining(self, decided: ResponseRequest, seen: ResourceState) -> tuple[Step, ...]:
        """Return the steps that undo what was undone: those that did not remain at the last verification."""
        watched = replace(decided, runbook=_watched(decided))
        start = incident_start(watched, self.history, self.ports.clock())
        prospect, execution = Prospect(start, start, watched.choices), Execution.of(watched, start)
        verified = self.history.verified
        known = verified.remaining if verified else ()
        planned = (
            step
            for stage in watched.runbook.stages
            for step in execution.allowed(
                prospect.plan(stage, self.history, seen).steps, containing=watched.contains(stage)
            )
        )
        return unique(
            step for step in planned if not isinstance(step, LogOnlyStep) and step.describe() not in known
        )

    def _exposed(self, decided: ResponseRequest, seen: ResourceState) -> tuple[str, ...]:
        """Return new residual risk that the call caused, and reported residual risk that is still there.

        For example, a new key of a contained user: no step of the plan closes it, and a person must know.
        """
        start = incident_start(decided, self.history, self.ports.clock())
        incident = Prospect(start, start, decided.choices).incident(self.history)
        known = frozenset(self.history.verified.exposure) if self.history.verified else frozenset()
        told = frozenset(self.history.broken.open) if self.history.broken else frozenset()
        return unique(
            words
            for one in _watched(decided).remediations
            if one.residual_risk and seen.unread.keys().isdisjoint(one.observations)
            for words in one.residual_risk(seen, incident)
            if words in told or (self._caused(one) and words not in known)
        )

    def _ways(self, decided: ResponseRequest, seen: ResourceState) -> tuple[str, ...]:
        """Return new ways in, whether a call or the schedule leads to them.

        A verification of some stages does not know all words. Without an event, a second read must agree.
        """
        verified = self.history.verified
        if verified is None or not verified.whole:
            return ()
        start = incident_start(decided, self.history, self.ports.clock())
        incident = Prospect(start, start, decided.choices).incident(self.history)

        def open_in(resource: ResourceState) -> tuple[str, ...]:
            return tuple(
                words
                for one in _watched(decided).remediations
                if resource.unread.keys().isdisjoint(one.observations)
                for words in one.open_ways(resource, incident)
                if words not in verified.open_access
            )

        found = open_in(seen)
        if not found or self.request.cause:
            return found
        second = self._read(decided)
        still = () if isinstance(second, NotFound) else open_in(second)
        return tuple(words for words in found if words in still)

    def _caused(self, remediation: Remediation) -> bool:
        """Return whether the call is one that can undo this remediation."""
        call = self.request.cause.call if self.request.cause else ""
        return any(
            f"{calls.service}:{name}" == call for calls in remediation.undone_by for name in calls.names
        )

    def _unclear(self, seen: ResourceState) -> tuple[str, ...]:
        """Return what is settling or cannot be read, except what the last verification could not read either.

        An organization's policy can hide a service for ever. The reason of an error can differ each time.
        """
        verified = self.history.verified
        before = (*verified.settling, *verified.refused) if verified else ()
        known = {words.partition(":")[0] for words in before}
        now = (*seen.settling(), *seen.unreadable(seen.unread, for_good=True))
        return tuple(words for words in now if words.partition(":")[0] not in known)

    def _confirmed(
        self, decided: ResponseRequest, broken: tuple[Step, ...], unclear: tuple[str, ...]
    ) -> tuple[tuple[Step, ...], tuple[str, ...]]:
        """Read a second time. No event supports the first read, and one read can be stale."""
        second = self._read(decided)
        still = () if isinstance(second, NotFound) else self._remaining(decided, second)
        both = tuple(step for step in broken if step in still)
        return both, unclear if both == broken else (*unclear, "two reads differ")

    def _broken(
        self, decided: ResponseRequest, broken: tuple[Step, ...], exposed: tuple[str, ...]
    ) -> RecheckResult:
        found = unique((*(step.describe() for step in broken), *exposed))
        ids = tuple(id_ for id_ in decided.runbook.ids if id_ in self.allowed.ids)
        answered, reason = self._answer(ids) if broken else (False, "no step of the runbook closes it")
        first = True
        if _is_news(self.history, found):
            fact = ContainmentBroken(found, answered=answered, reason=reason)
            if cause := self.request.cause:
                fact = replace(
                    fact,
                    who=cause.who,
                    call=cause.call,
                    address=cause.address,
                    at=cause.at,
                    event=cause.event,
                )
            first = self._record(decided, fact)
        again = replace(decided, runbook=decided.runbook.narrowed(ids)) if answered and first else None
        return RecheckResult(Standing.BROKEN, self.request.incident, found, reason, answered, again)

    def _answer(self, ids: tuple[str, ...]) -> tuple[bool, str]:
        """Return whether Ringfence contains the resource again on its own, and otherwise why not.

        It does so once in an incident. A report without a later verification is still being answered.
        """
        if not ids:
            return False, self.allowed.reason
        if (known := self.history.broken) and known.answered:
            return True, ""
        if any(one.answered for one in self.history.of(ContainmentBroken)):
            return False, "Ringfence contained it again before, and somebody undid that too"
        return True, ""

    def _record(self, decided: ResponseRequest, fact: Fact) -> bool:
        """Record a fact. Return False if another execution reported the same since the chain was read.

        Events can be delivered twice at the same time. One report is notified and answered.
        """
        start = incident_start(decided, self.history, self.ports.clock())
        written = journal(self.ports, Execution.of(decided, start), (fact,)).history
        attempt = self.request.execution.attempt
        return any(entry.attempt == attempt and one == fact for entry, one in written.facts)


def _resumption(request: RecheckRequest, history: History) -> ResponseRequest:
    """Return the request that resumes the incident with everything that was decided on."""
    made = [one for one in history.of(DecisionMade) if one.decision.mode.changes]
    decided = {id_ for one in made for id_ in one.remediations}
    runbook = request.runbook.on(request.ref)
    runbook = runbook.narrowed(id_ for id_ in runbook.ids if id_ in decided)
    options = {option.name for option in runbook.options}
    chosen = {name: chosen for one in made for name, chosen in one.choices if name in options}
    return ResponseRequest(
        runbook=runbook,
        ref=request.ref,
        attempt=request.execution.attempt,
        actor=request.execution.actor,
        until=request.execution.until,
        choices=runbook.choose(chosen),
        incident=request.incident,
    )


def _watched(decided: ResponseRequest) -> Runbook:
    """Return the runbook with the remediations that declare what undoes them."""
    return decided.runbook.narrowed(one.id for one in decided.runbook.remediations if one.undone_by)


def _is_news(history: History, found: tuple[str, ...]) -> bool:
    """Return whether a report adds anything to those since the last verification."""
    reports: list[ContainmentBroken] = []
    for _, fact in history.facts:
        if isinstance(fact, Verified):
            reports.clear()
        elif isinstance(fact, ContainmentBroken):
            reports.append(fact)
    told = {words for one in reports for words in one.open}
    answered = any(one.answered for one in reports)
    return not answered and len(reports) < MOST_REPORTS and not told.issuperset(found)
