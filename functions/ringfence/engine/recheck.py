"""Verify an open contained incident again: the same reads and plans, without a finding.

It changes nothing itself. If the resource is not contained any more, it records that, and returns the
request that contains it again, or none if a person must decide.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from ringfence.engine.distrust import RECHECK, refuse, rejection
from ringfence.engine.execution import Execution
from ringfence.engine.incident_start import incident_start
from ringfence.engine.journal import journal
from ringfence.engine.read import read
from ringfence.engine.reading import ReadRequest
from ringfence.engine.recheck_permission import Permitted, permitted
from ringfence.engine.recheck_results import RecheckRequest, RecheckResult, Standing
from ringfence.engine.repaired import repaired, untold
from ringfence.engine.reported import reported
from ringfence.engine.requests import ResponseRequest
from ringfence.engine.survivors import Survivors, survivors
from ringfence.engine.undone import Judgement, Undone
from ringfence.model.errors import InternalError, NotFound
from ringfence.model.frozen import frozen
from ringfence.record.chain import ChainKey
from ringfence.record.containments import is_contained
from ringfence.record.facts import ContainmentBroken, DecisionMade, SubjectGone, Verified

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.ports import Ports
    from ringfence.events.cloudtrail.parser.undoing import Undoing
    from ringfence.model.observation import ResourceState
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


ANSWERING = timedelta(seconds=30)
"""How long an answer can be on its way, from its report until it holds the lease."""
MOST_REPORTS = 10
"""Reports in a row without a verification between them. Further ones add nothing that a person needs."""


@frozen
class Rechecker:
    """Verifies incidents again. It has no state."""

    ports: Ports

    def recheck(self, request: RecheckRequest) -> RecheckResult:
        """Read, plan, and record what changed. Raises Retryable, and Tampered for a forged record."""
        key = ChainKey(request.runbook.id, request.ref.key)
        reading = read(self.ports, ReadRequest(request.ref, chain=key))
        history = reading.history
        if known := reading.tampered or _ended_by_the_unproved(request, history):
            raise refuse(
                partial(journal, self.ports), _execution(request, key, known), rejection(known, RECHECK)
            )
        allowed = permitted(request, history)
        if history.incident != request.incident or not is_contained(history) or allowed.ends:
            reason = allowed.reason if allowed.ends else "it ended, or its release was requested"
            return RecheckResult(Standing.ENDED, request.incident, reason=reason)
        if history.lease.held(self.ports.clock(), request.execution.attempt):
            return RecheckResult(Standing.UNCLEAR, request.incident, reason="another execution is acting")
        request = replace(request, ref=reported(request.ref, history))
        result = _Recheck(self.ports, request, history, allowed).run()
        complete = bool(history.verified and history.verified.complete)
        complete = complete and result.standing is Standing.CONTAINED
        return replace(result, complete=complete, untold=untold(history))


def _execution(request: RecheckRequest, key: ChainKey, history: History) -> Execution:
    given = request.execution
    return Execution(key, request.ref, history.incident, given.actor, given.attempt, history)


def _ended_by_the_unproved(request: RecheckRequest, history: History) -> History | None:
    """Return the chain if only entries without a proof say that a containment has ended."""
    unproved = frozenset(history.proof.unproved)
    if not unproved or history.incident != request.incident or is_contained(history):
        return None
    proved = tuple(entry for entry in history.entries if entry.seq not in unproved)
    return history if is_contained(replace(history, entries=proved)) else None


@frozen
class _Recheck:
    """One verification of one incident, whose chain was read."""

    ports: Ports
    request: RecheckRequest
    history: History
    allowed: Permitted

    def run(self) -> RecheckResult:
        cause, incident = self.request.cause, self.request.incident
        decided = _resumption(self.request, self.history)
        judgement = Judgement(decided, self.history, self.ports.clock(), cause.call if cause else "")
        if not judgement.watched.ids:
            return RecheckResult(Standing.UNWATCHED, incident, reason="no known call undoes it", whole=False)
        if not judgement.judged or self._is_dealt_with(cause):
            return RecheckResult(Standing.CONTAINED, incident, whole=False)
        seen = self._read(judgement)
        if isinstance(seen, NotFound):
            return self._gone(decided, judgement, seen)
        return self._judged(decided, judgement, seen, partial(self._read, judgement))

    def _gone(self, decided: ResponseRequest, judgement: Judgement, gone: NotFound) -> RecheckResult:
        """Verify what exists without the subject. If nothing does, the pipeline closes the incident."""
        found, incident = self._survivors(), self.request.incident
        if not found.left:
            return RecheckResult(Standing.GONE, incident, reason=gone.reason, follows=decided)
        ids = found.judged(judgement.watched)
        if not ids:
            words = found.seen.unreadable(found.seen.unread, for_good=True)
            words = (*words, *found.seen.unreadable(found.seen.unread, for_good=False))
            return RecheckResult(Standing.UNCLEAR, incident, reason="; ".join(words) or gone.reason)
        left = replace(decided, runbook=decided.runbook.narrowed(ids))
        judgement = replace(judgement, decided=left)
        result = self._judged(left, judgement, found.seen, lambda: self._survivors().seen)
        told = result.standing is not Standing.CONTAINED or self.history.of(SubjectGone)
        return result if told else replace(result, follows=decided)

    def _survivors(self) -> Survivors:
        return survivors(partial(read, self.ports), self.request.ref, self.history, self.ports.clock())

    def _judged(
        self,
        decided: ResponseRequest,
        judgement: Judgement,
        seen: ResourceState,
        look: Callable[[], ResourceState | NotFound],
    ) -> RecheckResult:
        """Return what a state shows. `look` reads it a second time."""
        cause, incident = self.request.cause, self.request.incident
        undone, unclear = judgement.undone(seen), judgement.unclear(seen)
        everything = replace(judgement, call="").undone(seen)
        if cause is None:
            undone, unclear = self._confirmed(judgement, undone, unclear, look)
        elif everything.steps and not undone.steps:
            undone = Undone()  # another call undid a step, and that may be why a way in is open
        names = frozenset((*seen.names().values(), *(one.id for one in seen.holders())))
        if undone.open:
            return replace(self._broken(decided, undone), names=names)
        if unclear:
            return RecheckResult(Standing.UNCLEAR, incident, reason="; ".join(unclear))
        whole = cause is None or not everything.open
        if whole and self.history.verified:
            report = repaired(self.history, judgement.judged, cause) if cause else None
            if report or self.history.broken:
                self._record(decided, *filter(None, (report, self.history.verified)))
        return RecheckResult(Standing.CONTAINED, incident, names=names, whole=whole)

    def _is_dealt_with(self, cause: Undoing | None) -> bool:
        """Return whether the call was reported and the incident was verified since.

        Events can be delivered twice. What is undone after that is the work of another call.
        """
        if cause is None or not cause.event or self.history.broken:
            return False
        return any(one.event == cause.event for one in self.history.of(ContainmentBroken))

    def _read(self, judgement: Judgement) -> ResourceState | NotFound:
        provided, past = self.history.provided_with(), self.history.steps()
        asked = ReadRequest(self.request.ref, judgement.kinds, past, essential=(), provided=provided)
        resource = read(self.ports, asked).resource
        if resource is None:
            raise InternalError("the resource was not observed")
        return resource

    def _confirmed(
        self,
        judgement: Judgement,
        undone: Undone,
        unclear: tuple[str, ...],
        look: Callable[[], ResourceState | NotFound],
    ) -> tuple[Undone, tuple[str, ...]]:
        """Read a second time. No event supports the first read, and one read can be stale."""
        if not undone.open:
            return undone, unclear
        second = look()
        still = Undone() if isinstance(second, NotFound) else judgement.undone(second)
        both = undone.also_in(still)
        return both, unclear if both == undone else (*unclear, "two reads differ")

    def _broken(self, decided: ResponseRequest, undone: Undone) -> RecheckResult:
        incident, found = self.request.incident, undone.open
        if self._is_being_answered():
            reason = "it was undone, and the answer to that has not been verified yet"
            return RecheckResult(Standing.UNCLEAR, incident, found, reason)
        ids = tuple(id_ for id_ in decided.runbook.ids if id_ in self.allowed.ids)
        answered, reason = self._answer(ids) if undone.steps else (False, "no step of the runbook closes it")
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
        return RecheckResult(Standing.BROKEN, incident, found, reason, answered, again)

    def _is_being_answered(self) -> bool:
        """Return whether a report was answered a moment ago: a second delivery must not answer it again.

        If the report is older, the execution that should have answered it may have died.
        """
        for entry, fact in reversed(self.history.facts):
            if isinstance(fact, ContainmentBroken | Verified):
                answered = isinstance(fact, ContainmentBroken) and fact.answered
                return answered and self.ports.clock() < entry.at + ANSWERING
        return False

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

    def _record(self, decided: ResponseRequest, *facts: Fact) -> bool:
        """Record facts. Return False if another execution reported the same since the chain was read.

        Events can be delivered twice at the same time. One report is notified and answered.
        """
        start = incident_start(decided, self.history, self.ports.clock())
        written = journal(self.ports, Execution.of(decided, start), facts).history
        attempt = self.request.execution.attempt
        return any(entry.attempt == attempt and one == facts[0] for entry, one in written.facts)


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
