"""What is done with a chain whose entries are not proved to be Ringfence's.

An intruder who can write the audit table must gain nothing from it. So what acts on the record refuses: a
release, a verification of a contained incident, and a continuation without a sealed decision. And a
containment never waits for the record: it begins a new incident.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.execution import Execution
from ringfence.model.errors import RingfenceError, Tampered
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.record.history import History, without_entries
from ringfence.record.tampering_facts import HistoryRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from ringfence.engine.prospect import Prospect
    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.step import Step
    from ringfence.record.facts import Fact

    Journal = Callable[[Execution, Iterable[Fact]], object]
    """Appends facts to a chain."""
    Foresee = Callable[[ResponseRequest, Reading], Prospect | None]

RUN, CONTINUATION, RELEASE, RECHECK = "a run", "a continuation", "a release", "another verification"
ANOTHER_ENTRY = "another entry"
"""What `HistoryRejected.asked` can be."""


def rejection(history: History, asked: str) -> HistoryRejected:
    """Return the fact that a chain with a fault is not obeyed."""
    fault = history.proof.fault
    if fault is None:
        return HistoryRejected(asked, history.incident, history.proof.unproved[0], "it is not sealed")
    return HistoryRejected(asked, history.incident, fault.seq, fault.words)


def refuse(journal: Journal, execution: Execution, rejected: HistoryRejected) -> Tampered:
    """Record the rejection in the incident itself, once, and return the error that names the entry.

    `journal` appends facts. The error is the answer, so a record that cannot be written does not replace it.
    """
    error = not_authentic(rejected)
    if not _is_known(execution.history, rejected):
        try:
            journal(replace(execution, history=_ending(execution.history)), (rejected,))
        except RingfenceError:
            return error
    return error


def not_authentic(rejected: HistoryRejected) -> Tampered:
    """Return the error that names the entry."""
    return Tampered(
        f"entry {rejected.entry} of {rejected.incident} is not authentic: {rejected.why}. Nothing was done. "
        f"Somebody may have written to the audit table: run `ringfence audit verify {rejected.incident}`"
    )


def _ending(history: History) -> History:
    """Return only the newest entry, which is all that the next one needs: the others can say anything."""
    return replace(without_entries(history), entries=history.entries[-1:])


def _is_known(history: History, rejected: HistoryRejected) -> bool:
    """Return whether the newest entry is this rejection."""
    head = history.head
    try:
        return head is not None and head.fact == rejected
    except (RingfenceError, ValueError, RecursionError):
        return False


def restarted(journal: Journal, request: ResponseRequest, tampered: History) -> ResponseRequest:
    """Return the request that begins a new incident, because the newest one is not obeyed.

    A continuation brings no decision. It takes the newest one before the fault that is sealed, and
    begins with containment again. Raises Tampered if there is none, and for an approval: nobody knows who
    answered.
    """
    rejected = rejection(tampered, RUN if request.decision else CONTINUATION)
    if request.decision is not None:
        return replace(request, rejected=rejected)
    sound = sealed_before_fault(tampered)
    made = next((one for one in reversed(sound.of(DecisionMade)) if one.decision.mode.changes), None)
    if request.approving or made is None or not set(request.runbook.ids) <= set(made.remediations):
        raise refuse(journal, _execution(request, tampered), rejected)
    return replace(
        request,
        decision=made.decision,
        finding=sound.last(FindingReceived),
        stages=1,
        incident="",
        watchdog="",
        continuation="",
        rejected=rejected,
    )


def _execution(request: ResponseRequest, history: History) -> Execution:
    from ringfence.record.chain import ChainKey

    key = ChainKey(request.runbook.id, request.ref.key)
    return Execution(key, request.ref, history.incident, request.actor, request.attempt, history)


def sealed_before_fault(history: History) -> History:
    """Return the entries before the first one that is not authentic or not proved."""
    fault = history.proof.fault
    ends = (*((fault.seq,) if fault else ()), *history.proof.unproved)
    place = next((number for number, one in enumerate(history.entries) if one.seq in ends), None)
    return replace(without_entries(history), entries=history.entries[:place])


def alone(request: ResponseRequest, reading: Reading) -> tuple[ResponseRequest, Reading]:
    """Return a request and what was read as if the newest incident had no entries."""
    unproved = reading.history.proof.unproved
    rejected = HistoryRejected(
        RUN, reading.history.incident, unproved[0], "it is not sealed, and it would prevent a containment"
    )
    return replace(request, rejected=rejected), replace(reading, history=without_entries(reading.history))


def takes_away(foresee: Foresee, request: ResponseRequest, reading: Reading, now: datetime) -> bool:
    """Return whether entries that are not proved prevent a step that would be made without them.

    `foresee` returns what a request would begin with, if it would make changes.
    """
    with_entries, without = foresee(request, reading), foresee(*alone(request, reading))
    if without is None or without.first is None:
        return False
    steps = _begun(request, reading, with_entries, now) if with_entries else ()
    return not set(map(_aim, steps)).issuperset(map(_aim, without.first.steps))


def _begun(request: ResponseRequest, reading: Reading, prospect: Prospect, now: datetime) -> Iterable[Step]:
    """Return the steps of the containment stage that nothing in the record holds back."""
    from ringfence.engine.retries import not_held_back

    stage, first = request.runbook.stages[0], prospect.first
    execution, _ = Execution.of(request, prospect.start).resolve(reading.found, (stage.id,), now)
    steps = execution.allowed(first.steps if first else (), containing=request.contains(stage))
    return not_held_back(execution, reading.found, steps, now)


def _aim(step: Step) -> tuple[str, str]:
    return step.target, step.diff()[1]
