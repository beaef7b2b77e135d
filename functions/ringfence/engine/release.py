"""Release an incident: the same phases with the inverse plan. Refuse if somebody has changed values since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ringfence.engine.again import Again
from ringfence.engine.apply import Changes, apply
from ringfence.engine.distrust import RELEASE as RELEASE_ASKED
from ringfence.engine.distrust import not_authentic, refuse, rejection
from ringfence.engine.execution import Execution
from ringfence.engine.journal import journal
from ringfence.engine.outcomes import changes, unanswered_recent
from ringfence.engine.read import read
from ringfence.engine.reading import ReadRequest
from ringfence.engine.release_checks import (
    all_steps,
    also_held,
    check_release,
    check_sealed,
    other_refs,
    with_unsealed,
    without_held,
)
from ringfence.engine.release_decision import Look, by_stage, next_release, verify_release
from ringfence.engine.report import report
from ringfence.engine.stopped_release import conclusion_of, has_stopped
from ringfence.engine.undo import undo_changes
from ringfence.engine.verification import Conclusion
from ringfence.model.errors import Conflict, InternalError, NotFound, Refused, Retryable
from ringfence.model.frozen import frozen
from ringfence.model.observation import ResourceState
from ringfence.model.runbook import unique
from ringfence.record.chain import LONGEST_LEASE, ChainKey
from ringfence.record.facts import RELEASE
from ringfence.record.pausing import holding
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.engine.reading import Reading
    from ringfence.engine.release_decision import ReleaseMove
    from ringfence.engine.results import ResponseResult
    from ringfence.engine.stopped_release import ReleaseCheck
    from ringfence.engine.undo import Undo
    from ringfence.model.subject import Ref
    from ringfence.record.chain import Entry
    from ringfence.record.facts import RunRequested
    from ringfence.record.history import History


@frozen
class ResponseRelease:
    """Release `incident` of `ref`. `skip_drifted` leaves values that somebody has changed since.

    `plans` are the digests of the confirmed plans. None means no confirmation. `policy` is the SHA-256 of the
    policy file.
    """

    runbook: str
    ref: Ref
    incident: str
    attempt: str
    actor: str
    until: datetime
    request: RunRequested
    skip_drifted: bool = False
    plans: tuple[str, ...] | None = None
    policy: str = ""


def not_covered(key: ChainKey, entries: Sequence[Entry]) -> str:  # noqa: ARG001 - a log would look them up
    """Return that no checkpoint is known."""
    return ""


@frozen
class Releaser:
    """Runs releases. Like the engine, it records first and verifies.

    `covered` returns the checkpoint of the transparency log that covers entries, or an empty text.
    """

    ports: Ports
    covered: Callable[[ChainKey, Sequence[Entry]], str] = not_covered

    def release(self, request: ResponseRelease) -> ResponseResult:
        """Undo the changes of an incident. For a missing subject, undo what exists without it.

        Raises BadInput if the incident is not the newest of its subject. Raises Refused if somebody has
        changed values since, if it is already released, or if the plan differs from the confirmed one.
        Raises Retryable while another execution acts.
        """
        key = ChainKey(request.runbook, request.ref.key)
        reading = read(self.ports, ReadRequest(request.ref, chain=key))
        result = self._released(request, key, reading)
        account, now = request.ref.account, self.ports.clock()
        # A person may release during a pause: that gives back what Ringfence took.
        return replace(
            result, paused=holding(reading.pauses, request.runbook, account, request.incident, now)
        )

    def _released(self, request: ResponseRelease, key: ChainKey, reading: Reading) -> ResponseResult:
        history = reading.tampered or reading.history
        check_release(request, history, self.ports.clock())
        execution = Execution(key, request.ref, request.incident, request.actor, request.attempt, history)
        if reading.tampered:
            raise refuse(partial(journal, self.ports), execution, rejection(history, RELEASE_ASKED))
        check_sealed(request, history)
        before = look_at_changes(self.ports, execution)
        stages = {intended.stage for _, intended in history.open_intents}
        execution, found = execution.resolve(before.observed, stages, self.ports.clock())
        if found and found.unclear:
            raise Retryable("; ".join(found.unclear))
        execution = journal(self.ports, execution)
        made = changes(execution.history, self.ports.clock())
        way = undo_changes(made, before.observed, before.gone)
        steps, seen = all_steps(way, execution.history), before.observed
        others = self._others(request, other_refs(request, way, steps, seen))
        held = also_held(request, steps, seen, others, self.ports.clock())
        way = without_held(request, way, others, held)
        way = with_unsealed(way, history)
        covered = self.covered(key, history.entries) if history.proof.unproved else ""
        move = next_release(request, execution.history, way, self.ports.clock(), covered)
        if move.decision.mode.changes:
            return _Releasing(self.ports, request, way, before, execution).act(move)
        journal(self.ports, execution, move.facts)
        if move.refusal:
            raise Refused(move.refusal)
        return report(
            request.incident, Conclusion(IncidentStatus.DRY_RUN, "dry run: nothing was changed"), (way.plan,)
        )

    def check(self, request: ReleaseCheck, context: ExecutionContext) -> tuple[Again, ...]:
        """Find out what a release did whose execution died. Change nothing.

        Returns why this must be done again later. Raises Retryable.
        """
        key = ChainKey(request.runbook, request.ref.key)
        reading = read(self.ports, ReadRequest(request.ref, chain=key))
        history = reading.history
        if known := reading.tampered:
            execution = Execution(key, request.ref, known.incident, context.actor, context.attempt, known)
            raise refuse(partial(journal, self.ports), execution, rejection(known, RELEASE_ASKED))
        if not has_stopped(request, history):
            return ()
        if history.lease.held(self.ports.clock(), context.attempt):
            return (Again("another execution acts on this resource"),)
        execution = Execution(key, request.ref, request.incident, context.actor, context.attempt, history)
        seen = look_at_changes(self.ports, execution)
        stages = {intended.stage for _, intended in history.open_intents}
        execution, found = execution.resolve(seen.observed, stages, self.ports.clock())
        execution = journal(self.ports, execution)
        made = changes(execution.history, self.ports.clock())
        way = undo_changes(made, seen.observed, seen.gone)
        due = found.due if found else None
        if again := (*(found.unclear if found else ()), *way.settling):
            within = due - self.ports.clock() if due else None
            return tuple(Again(reason, within) for reason in again)
        journal(self.ports, execution, (conclusion_of(request, way),))
        return ()

    def _others(self, request: ResponseRelease, others: tuple[Ref, ...]) -> dict[str, History]:
        """Read the chains of other resources."""
        asked = [ReadRequest(ref, chain=ChainKey(request.runbook, ref.key)) for ref in others]
        readings = [read(self.ports, one) for one in asked]
        for reading in readings:
            if known := reading.tampered:
                raise not_authentic(rejection(known, RELEASE_ASKED))
        return {ref.key: one.history for ref, one in zip(others, readings, strict=True)}


@dataclass
class _Releasing:
    """One release in progress. It keeps what is known, whatever error a phase raises."""

    ports: Ports
    request: ResponseRelease
    way: Undo
    before: Look
    execution: Execution

    def act(self, move: ReleaseMove) -> ResponseResult:
        """Record, apply stage by stage, and verify."""
        intents = self.execution.intents(RELEASE, self.way.steps)
        until = min(self.request.until, self.ports.clock() + LONGEST_LEASE)
        try:
            self.execution = journal(self.ports, self.execution, (*move.facts, *intents), until=until)
            for group in by_stage(self.execution.history, intents):
                applied = apply(self.ports, self.execution, Changes(group, move.decision, until))
                self.execution = applied.execution
                applied.check()
            return self._conclude()
        except Conflict:
            journal(self.ports, self.execution.surrendered())
            raise
        except (InternalError, Retryable):
            journal(self.ports, self.execution, ends=True)
            raise

    def _conclude(self) -> ResponseResult:
        self.execution = journal(self.ports, self.execution)
        after = look_at_changes(self.ports, self.execution)
        self.execution, resolved = self.execution.resolve(after.observed, (RELEASE,), self.ports.clock())
        past = unanswered_recent(self.execution, self.way.steps, self.ports.clock())
        unclear = (*(resolved.unclear if resolved else ()), *past)
        found = verify_release(self.way, self.before, after, self.execution, unclear)
        self.execution = journal(self.ports, self.execution, found.facts, ends=True)
        return report(self.request.incident, found, (self.way.plan,))


def look_at_changes(ports: Ports, execution: Execution) -> Look:
    """Read everything that was changed. If the subject does not exist, read what exists without it."""
    past, provided = execution.history.steps(), execution.history.provided_with()
    # An older version recorded no ids: what it made is still known by name and tag.
    ask = partial(ReadRequest, execution.ref, past=past, provided=provided, strict=False)
    sharers = tuple(kind for step in past for kind in step.shows_sharers)
    resource = read(ports, ask(unique((*(step.observation for step in past), *sharers)))).resource
    if not isinstance(resource, NotFound):
        return Look(resource or ResourceState(execution.ref))
    seen = ResourceState(execution.ref)
    for kind in unique((*(step.observation for step in past if step.survives_subject), *sharers)):
        left = read(ports, ask((kind,))).resource
        seen = seen if isinstance(left, NotFound) or left is None else seen.updated(left)
    return Look(seen, resource.reason)
