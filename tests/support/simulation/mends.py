"""Faults that were mended once. Each one puts a substitute in the place of the mechanism that mends it.

With one of them the simulation must find a seed that ends badly. This proves that it can.
"""

# ruff: noqa: ARG001 - substitutes have the signatures of what they stand in for

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine import (
    apply,
    approved,
    continuations,
    rebase,
    release,
    retries,
    stage_run,
    unchanged,
    undo,
    verify,
    visibility,
)
from ringfence.handlers import archive, checkpoints, operator_api
from ringfence.handlers.operator_requests import response_release
from ringfence.model.errors import OutcomeUnknown, RingfenceError
from ringfence.model.step import State
from ringfence.record.facts import Outcome, Result
from tests.support.simulation.faults import Outage
from tests.support.simulation.scenario import APPROVED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.aws.log_sequence import Position
    from ringfence.engine.apply import _Job
    from ringfence.engine.approved import Due, _Case
    from ringfence.engine.execution import Execution
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.outcomes import Changes
    from ringfence.engine.release import ResponseRelease
    from ringfence.engine.requests import Approving, ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.engine.stage_run import StageRun
    from ringfence.engine.stopped_release import ReleaseCheck
    from ringfence.engine.undo import Readable
    from ringfence.engine.visibility import LastTimes
    from ringfence.handlers.operator_types import ReleaseRequest
    from ringfence.model.errors import BadInput, InternalError, Retryable
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.record.chain import ChainKey, Slot
    from ringfence.record.facts import ContinuationStarted, Fact, Intended
    from ringfence.record.history import History
    from ringfence.record.merkle import Edge
    from ringfence.record.tlog import Checkpoint


_EDGE = checkpoints.Publishing._edge


def _forgets_the_last_bundle(
    publishing: checkpoints.Publishing, before: Checkpoint | None
) -> tuple[Edge, tuple[str, ...]]:
    """The leaves of the last bundle, which is partial, are not in the larger one that follows."""
    return _EDGE(publishing, before)[0], ()


def _names_no_policy(
    undoing: ReleaseRequest, key: ChainKey, ref: Ref, execution: ExecutionContext, policy: str
) -> ResponseRelease:
    """A release is a person's request, and no policy decides about it."""
    return response_release(undoing, key, ref, execution, "")


def _always_follows(entries: archive.Run, at: Position) -> bool:
    """Each batch continues its chain, also one that is delivered again."""
    return True


@dataclass(frozen=True)
class Mend:
    """A mechanism, and what stood there before: (place, name, substitute) of each part.

    Without it, some runs of these `families` end badly. `wrong` are words of what is found then. `seed` is
    of such a run, and is tried first.
    """

    parts: tuple[tuple[object, str, object], ...]
    families: tuple[str, ...]
    wrong: str
    outages: tuple[Outage, ...] = ()
    seed: int = 0


@contextmanager
def without(mend: Mend) -> Iterator[None]:
    """Run without a mend."""
    kept = [(place, name, vars(place)[name]) for place, name, _ in mend.parts]
    for place, name, substitute in mend.parts:
        setattr(place, name, substitute)
    try:
        yield
    finally:
        for place, name, own in kept:
            setattr(place, name, own)


def _never_hidden(self: LastTimes, intended: Intended, now: datetime) -> bool:
    """A look that shows nothing proves at once that nothing was made."""
    return False


def _all_visible(changes: Changes, readable: Readable) -> tuple[str, ...]:
    """What a release does not see was not made."""
    return ()


def _refuses_what_is_unanswered(self: _Job, error: BadInput | InternalError | Retryable) -> None:
    """No answer to a best-effort step is a refusal."""
    if isinstance(error, OutcomeUnknown) and not self.intent.step.best_effort:
        return
    self._ends(Result.REFUSED if self.intent.step.best_effort else Result.FAILED, str(error))


def _takes_what_it_sees_for_its_own(self: _Job, execution: Execution) -> None:
    """A look between two steps counts what it sees for the step without an answer, whoever made it."""
    step, history = self.intent.step, execution.history
    try:
        seen = self.ports.cloud.observe(self.permit.ref, (step.observation,), history.steps())
    except RingfenceError:
        return
    observed = seen.trusting(history.provided_with(), strict=True)
    if step.state(observed) is State.AFTER:
        self.provided, self.holds = dict(observed.names()), True
        self.outcome = Outcome(self.intent.intent, Result.APPLIED, by="observation")


def _holds_nothing(*_: object) -> tuple[Ref, ...]:
    """No other incident needs what this one changed."""
    return ()


def _never_stopped(check: ReleaseCheck, history: History) -> bool:
    """Nobody looks after a release whose execution died."""
    return False


def _uses_no_limits(*_: object) -> tuple[Slot, ...]:
    """No response uses a limit."""
    return ()


def _writes_again(execution: Execution, fresh: History) -> tuple[Fact, ...]:
    """After a conflict everything that is pending is written, but outcomes that others recorded."""
    known = fresh.outcomes
    return tuple(one for one in execution.pending if not (isinstance(one, Outcome) and one.intent in known))


def _renews_nothing(self: StageRun) -> datetime:
    """A stage does not renew the lease. Otherwise the lease tells an append of one's own from another's."""
    held = self.execution.history.lease.until if self.execution.holds else None
    return held or min(self.request.until, self.ports.clock() + stage_run.LEASE)


def _finishes_nothing(
    request: ResponseRequest, history: History, result: ResponseResult, now: datetime
) -> ResponseResult:
    """What an earlier policy began is left."""
    return result


def _covers_nothing(wanted: ContinuationStarted, history: History, now: datetime) -> bool:
    """Each finding starts a continuation of its own."""
    return False


def _all_due(
    execution: Execution, resource: ResourceState, steps: tuple[Step, ...], now: datetime
) -> tuple[Step, ...]:
    """What failed is tried at each delivery."""
    return steps


def _begins_at_once(case: _Case, approving: Approving) -> Due:
    """A message that asks to look at an approval is taken for an approval."""
    return approved._begin(case, (), "a message came")


MENDS = {
    "a response uses a place of each limit": Mend(
        ((stage_run, "slots", _uses_no_limits),),
        ("two instances of one Auto Scaling group",),
        "is isolated without a person within an hour of",
    ),
    "only the record says that a plan was approved": Mend(
        ((approved, "_due", _begins_at_once),),
        (APPROVED,),
        "began",
    ),
    "a look that may be too early proves nothing": Mend(
        ((visibility.LastTimes, "is_hidden", _never_hidden),),
        ("an instance",),
        "the record says not-applied",
        seed=2,
    ),
    "a release waits for what is not visible yet": Mend(
        ((undo, "_not_visible", _all_visible),),
        ("two sessions of one role", "an instance and a session of its role"),
        "it is called released, and this holds",
    ),
    "no answer is never a refusal": Mend(
        ((apply._Job, "_failed", _refuses_what_is_unanswered),),
        ("an instance with every option",),
        "the record says refused",
    ),
    "a change is recorded once": Mend(
        ((apply._Job, "look", _takes_what_it_sees_for_its_own),),
        ("an instance with every option",),
        "it is recorded as made",
        seed=2,
    ),
    "what another incident needs is not released": Mend(
        ((release, "also_held", _holds_nothing),),
        ("two keys of one user",),
        "a release takes from",
        seed=4,
    ),
    "leases are short": Mend(
        ((stage_run, "LEASE", timedelta(seconds=285)),),
        ("an instance",),
        "new activity would wait",
    ),
    "an append is written once": Mend(
        ((rebase, "_unknown", _writes_again), (stage_run.StageRun, "_until", _renews_nothing)),
        ("an instance with every option",),
        "intents are called",
        seed=9,
    ),
    "what was begun is finished": Mend(
        ((continuations, "finishing", _finishes_nothing), (unchanged, "finishing", _finishes_nothing)),
        ("a key and its user", "a key"),
        "nobody was told",
        seed=6,
    ),
    "a release names the policy": Mend(
        ((operator_api, "response_release", _names_no_policy),),
        ("an instance",),
        "a decision does not name its policy",
    ),
    "a release that died is checked": Mend(
        ((release, "has_stopped", _never_stopped),),
        ("a key",),
        "nobody was told",
        seed=3,
    ),
    "an entry is in the log once": Mend(
        ((archive.Run, "follows", _always_follows),),
        ("an instance with every option",),
        "the log has the entries of",
    ),
    "a bundle of the log is continued": Mend(
        ((checkpoints.Publishing, "_edge", _forgets_the_last_bundle),),
        ("an instance with every option",),
        "the log is not published",
    ),
    "what fails is tried less and less": Mend(
        (
            (continuations, "is_covered", _covers_nothing),
            (verify, "is_covered", _covers_nothing),
            (retries, "not_held_back", _all_due),
        ),
        ("an instance",),
        "times within an hour",
        (Outage(0, 1e12, "SetSecurityGroups", "refused"),),
        seed=3,
    ),
}
