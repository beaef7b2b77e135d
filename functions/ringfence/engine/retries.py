"""Which steps of a stage are held back: their result is unknown, or their next try is not due. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.visibility import LastTimes
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.record.facts import Intended, Outcome, Result, RunRequested

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.record.chain import Entry

PROMPT = 5
"""The number of failures of one step after which its next try is delayed."""
LEAST_DELAY, MOST_DELAY = timedelta(minutes=1), timedelta(hours=1)
"""The limits of the delay. Between them it is a quarter of the time since the first failure."""
_FAILED = frozenset({Result.REFUSED, Result.DENIED, Result.FAILED, Result.SKIPPED})


def not_held_back(
    execution: Execution, resource: ResourceState, steps: Iterable[Step], now: datetime
) -> tuple[Step, ...]:
    """Leave out steps whose last result is unknown or whose next try is not due, and what requires them.

    Other steps of the stage do not wait for them. A step that may be applied again waits for no result.
    """
    unknown = _unknown(execution, resource)
    due = frozenset(due_at(execution, steps, now))
    kept: list[Step] = []
    held: list[Step] = []
    for step in steps:
        (kept if step in due and step.target not in unknown else held).append(step)
    while waiting := [step for step in kept if _provided(held).intersection(step.requires)]:
        held.extend(waiting)
        kept = [step for step in kept if step not in waiting]
    return tuple(kept)


def without_detours(execution: Execution, steps: tuple[Step, ...], now: datetime) -> tuple[Step, ...]:
    """Leave out the intermediate steps to a value that an answered call set a moment ago.

    The look that they were planned from shows the time before that call. A detour would lead away from the
    value, and if the last step failed, it would not come back. The last step alone repeats the call.
    """
    last = {step.target: step for level in dependency_levels(steps) for step in level}
    if len(last) == len(steps):
        return steps
    made, answered = LastTimes.of(execution.history), execution.history.outcomes
    newest = {
        one.step.target: one.step.diff()[1]
        for one in execution.history.of(Intended)
        if (known := answered.get(one.intent))
        and (known.result, known.by) == (Result.APPLIED, "call")
        and made.is_hidden(one, now)
    }
    return tuple(
        step
        for step in steps
        if step is last[step.target] or newest.get(step.target) != last[step.target].diff()[1]
    )


def _unknown(execution: Execution, resource: ResourceState) -> frozenset[str]:
    """Return the targets of intents whose result must be known before the next try."""
    found = {one.intent for one in execution.pending if isinstance(one, Outcome)}
    steps = (one.step for _, one in execution.history.open_intents if one.intent not in found)
    return frozenset(
        step.target
        for step in steps
        if not step.repeatable or (step.observation in resource and step.state(resource) is State.SETTLING)
    )


def due_at(execution: Execution, steps: Iterable[Step], now: datetime) -> tuple[Step, ...]:
    """Return the steps whose next try is due. A request by a person makes every step due."""
    tries = _tries(execution)
    return tuple(step for step in steps if now >= _next_try(tries.get(_aim(step), ()), now))


def _tries(execution: Execution) -> dict[tuple[str, str], tuple[Entry, ...]]:
    """Return, by target and new value, the entries of the tries that failed since the last success."""
    tries: dict[tuple[str, str], tuple[Entry, ...]] = {}
    intents: dict[str, tuple[Entry, Step]] = {}
    pending = ((None, fact) for fact in execution.pending)
    for entry, fact in (*execution.history.facts, *pending):
        if isinstance(fact, RunRequested) and not fact.dry_run:
            tries.clear()
        elif isinstance(fact, Intended) and entry:
            intents[fact.intent] = (entry, fact.step)
        elif isinstance(fact, Outcome) and fact.intent in intents:
            tried, step = intents[fact.intent]
            failed = fact.result in _FAILED
            if failed or tries:
                aim = _aim(step)
                tries[aim] = (*tries.get(aim, ()), tried) if failed else ()
    return tries


def _next_try(tries: tuple[Entry, ...], now: datetime) -> datetime:
    if len(tries) < PROMPT:
        return now
    first, last = tries[0].at, tries[-1].at
    return last + min(max((last - first) / 4, LEAST_DELAY), MOST_DELAY)


def _aim(step: Step) -> tuple[str, str]:
    return step.target, step.diff()[1]


def _provided(steps: Iterable[Step]) -> frozenset[object]:
    return frozenset(symbol for step in steps for symbol in step.provides)
