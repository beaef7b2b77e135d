"""What is read before anything is decided: values, and what a request has to read first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import InternalError, NotFound
from ringfence.model.frozen import frozen
from ringfence.model.runbook import unique
from ringfence.record.chain import ChainKey
from ringfence.record.history import History

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.rule_confirmation import ManagedRule
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@frozen
class ReadRequest:
    """What to read side by side: a chain, observations of a resource, and whether a claim holds.

    `past` are recorded steps, as clues where to look; `clues` has them taken from the chain that is read.
    Where one of the `essential` observations cannot be read, the error is raised; of others it is noted.
    None: all are essential.
    """

    ref: Ref
    observations: tuple[type[Observation], ...] | None = None
    past: tuple[Step, ...] = ()
    essential: tuple[type[Observation], ...] | None = None
    chain: ChainKey | None = None
    claim: ManagedRule | None = None
    clues: bool = False


@frozen
class Reading:
    """What was read. `resource` is None where nothing was to be observed, `doubt` why the claim fails."""

    history: History = History()
    resource: ResourceState | NotFound | None = None
    doubt: str = ""

    @property
    def found(self) -> ResourceState:
        """The resource; raises NotFound where it does not exist."""
        if isinstance(self.resource, NotFound):
            raise self.resource
        if self.resource is None:
            raise InternalError("the resource was not observed")
        return self.resource


def first_read(request: ResponseRequest) -> ReadRequest:
    """Return what must be known before anything is decided: one round trip.

    A finding that nothing is done about needs no look at its subject.
    """
    key = ChainKey(request.runbook.id, request.ref.key)
    if request.decision is not None and not request.decision.mode.observes and not request.routine:
        return ReadRequest(request.ref, chain=key)
    return ReadRequest(
        request.ref,
        request.runbook.stages[0].observations,
        chain=key,
        claim=request.finding.finding.claim if request.finding else None,
        # Later stages are looked at where earlier steps point to; containment needs no such clues.
        clues=not request.runbook.has_containment_stage,
    )


def further_read(
    request: ResponseRequest, history: History, kinds: Iterable[type[Observation]]
) -> ReadRequest:
    """Return what to read of these, where recorded steps point to; the first stage's must be readable."""
    essential = request.runbook.stages[0].observations
    return ReadRequest(request.ref, unique(kinds), history.steps(), essential)


def check_reads(resource: ResourceState | NotFound) -> None:
    """Raise a read's own error, once all else is done: it keeps no subject from being contained."""
    for error in () if isinstance(resource, NotFound) else resource.unread.values():
        if isinstance(error, InternalError):
            raise error
