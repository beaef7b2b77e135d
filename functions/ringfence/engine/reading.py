"""What a request must read, and the result, as values. Pure."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ringfence.model.errors import InternalError, NotFound
from ringfence.model.frozen import frozen
from ringfence.model.observation import ResourceState
from ringfence.model.runbook import unique
from ringfence.record.chain import ChainKey
from ringfence.record.history import History
from ringfence.record.pauses import Pauses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.claims import Checked
    from ringfence.model.errors import RingfenceError
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation
    from ringfence.model.resource_names import Home
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.record.history import Provided


@frozen
class ReadRequest:
    """What to read in parallel: a chain, observations of a resource, and the source of a finding.

    `past` are recorded steps that show where to read. `clues` takes them from the chain. The error of an
    `essential` observation is raised, those of others are noted. None means that all are essential.
    `provided` are the ids of what Ringfence created. `strict`: nothing else counts as its own. `pauses`: read
    what is paused, which a read of a chain includes.
    """

    ref: Ref
    observations: tuple[type[Observation], ...] | None = None
    past: tuple[Step, ...] = ()
    essential: tuple[type[Observation], ...] | None = None
    chain: ChainKey | None = None
    finding: Finding | None = None
    clues: bool = False
    provided: Provided = field(default_factory=dict)
    strict: bool = True
    pauses: bool = False


@frozen
class Reading:
    """What was read. `resource`: None if nothing was observed. `checked`: the answer of the source.

    `tampered` is the chain if one of its entries is not authentic. Then `history` has no entries. `pauses` is
    what was paused at that time.
    """

    history: History = History()
    resource: ResourceState | NotFound | None = None
    checked: Checked | None = None
    tampered: History | None = None
    pauses: Pauses = Pauses()

    def cautions(self, home: Home) -> tuple[str, ...]:
        """Return in words why the subject may be needed in an emergency."""
        return self.resource.cautions(home) if isinstance(self.resource, ResourceState) else ()

    @property
    def found(self) -> ResourceState:
        """The resource. Raises NotFound if it does not exist."""
        if isinstance(self.resource, NotFound):
            raise self.resource
        if self.resource is None:
            raise InternalError("the resource was not observed")
        return self.resource


def first_read(request: ResponseRequest) -> ReadRequest:
    """Return what must be read before the decision, in one round trip.

    A finding that leads to no action needs no read of its subject. The plans of an approval are compared for
    all stages before any of them is carried out.
    """
    key = ChainKey(request.runbook.id, request.ref.key)
    if request.decision is not None and not request.decision.mode.observes and not request.routine:
        return ReadRequest(request.ref, chain=key)
    stages = request.runbook.stages if request.approving else request.runbook.stages[:1]
    traits = request.runbook.traits if request.cautions else ()
    return ReadRequest(
        request.ref,
        unique((*(kind for stage in stages for kind in stage.observations), *traits)),
        essential=() if request.goes_on else None,
        chain=key,
        finding=request.finding.finding if request.finding and request.finding.finding.claim else None,
        # Later stages read where earlier steps point. Containment does not need that.
        clues=not request.runbook.has_containment_stage or request.approving is not None,
    )


def further_read(
    request: ResponseRequest, history: History, kinds: Iterable[type[Observation]]
) -> ReadRequest:
    """Return what to read where recorded steps point.

    The observations of the first stage are essential, unless later stages must not wait for the first.
    """
    essential = () if request.runbook.evidence_follows else request.runbook.stages[0].observations
    provided = history.provided_with()
    return ReadRequest(request.ref, unique(kinds), history.steps(), essential, provided=provided)


def check_reads(resource: ResourceState | NotFound) -> None:
    """Raise an internal error of a read after everything else. It must not prevent containment."""
    for error in internal_errors(resource):
        raise error


def unseen_by_all(request: ResponseRequest, resource: ResourceState | NotFound) -> tuple[RingfenceError, ...]:
    """Return why containment could not be seen, if nothing follows that sees it: every stage has run."""
    if request.stages is not None or isinstance(resource, NotFound):
        return ()
    kinds = request.runbook.stages[0].observations
    return tuple(resource.unread[kind] for kind in kinds if kind in resource.unread)


def internal_errors(resource: ResourceState | NotFound) -> tuple[InternalError, ...]:
    """Return the internal errors of reads."""
    unread = () if isinstance(resource, NotFound) else resource.unread.values()
    return tuple(error for error in unread if isinstance(error, InternalError))
