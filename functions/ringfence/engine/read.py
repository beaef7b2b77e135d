"""Phase 1, read: read the chain, the resource and the finding's source in parallel, in one round trip."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringfence.engine.reading import Reading
from ringfence.model.claims import Checked, SourceAnswer, Verdict
from ringfence.model.errors import BadInput, InternalError, NotFound, Refused, Retryable
from ringfence.model.frozen import replace
from ringfence.model.observation import ResourceState
from ringfence.record.history import History, without_entries
from ringfence.record.pauses import Pauses

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.ports import Ports
    from ringfence.engine.reading import ReadRequest
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation
    from ringfence.model.subject import Ref


def read(ports: Ports, request: ReadRequest) -> Reading:
    """Read everything that is requested. A missing resource is a result, not an error.

    Raises the error of an essential observation, and errors of the log.
    """
    jobs: list[Callable[[], object]] = []
    began = ports.clock()
    if request.chain is not None:
        jobs.append(partial(ports.log.read, request.chain))
    elif request.pauses:
        jobs.append(ports.log.pauses)
    if request.observations is not None:
        jobs.append(partial(_observe, ports, request, request.observations))
    if request.finding is not None:
        jobs.append(partial(_checked, ports, request.ref, request.finding))
    reading = Reading()
    for found in ports.side_by_side(jobs) if len(jobs) > 1 else [job() for job in jobs]:
        if isinstance(found, History):
            reading = _with_history(reading, found.judged(ports.clock()))
            reading = replace(reading, pauses=found.pauses.read(began))
        elif isinstance(found, Pauses):
            reading = replace(reading, pauses=found.read(began))
        elif isinstance(found, ResourceState | NotFound):
            reading = replace(reading, resource=found)
        elif isinstance(found, Checked):
            reading = replace(reading, checked=found)
        else:
            raise TypeError(f"a read ends with a {type(found).__name__}")
    return _trusting(request, _with_clues(ports, request, reading))


def _checked(ports: Ports, ref: Ref, finding: Finding) -> Checked:
    """Ask the source of a finding. Containment goes on without an answer, whatever the reason is."""
    try:
        return ports.cloud.confirm(ref, finding)
    except (BadInput, InternalError, Refused, Retryable) as error:
        if finding.claim is None or finding.claim.waits:
            raise
        return Checked(SourceAnswer(Verdict.UNKNOWN, str(error)))


def _with_history(reading: Reading, history: History) -> Reading:
    """Take nothing from a chain with an entry that is not authentic."""
    if history.proof.fault is None:
        return replace(reading, history=history)
    return replace(reading, history=without_entries(history), tampered=history)


def _trusting(request: ReadRequest, reading: Reading) -> Reading:
    """Let observations take only that for Ringfence's own which Ringfence recorded."""
    if not isinstance(reading.resource, ResourceState):
        return reading
    provided = request.provided if request.chain is None else reading.history.provided_with()
    return replace(reading, resource=reading.resource.trusting(provided, strict=request.strict))


def _with_clues(ports: Ports, request: ReadRequest, reading: Reading) -> Reading:
    """Read again where the steps of the chain point, which was unknown before."""
    history = reading.history
    if not request.clues or not history.entries or history.closed_at is not None:
        return reading
    request = replace(request, past=history.steps())
    return replace(reading, resource=_observe(ports, request, request.observations or ()))


def _observe(
    ports: Ports, request: ReadRequest, kinds: tuple[type[Observation], ...]
) -> ResourceState | NotFound:
    if not kinds:
        return ResourceState(request.ref)
    try:
        if request.essential is None:
            return ports.cloud.observe(request.ref, kinds, request.past)
        resource = _partly(ports, request, kinds)
    except NotFound as gone:
        return gone
    for kind in request.essential:
        if kind in resource.unread:
            raise resource.unread[kind]
    return resource


def _partly(ports: Ports, request: ReadRequest, kinds: tuple[type[Observation], ...]) -> ResourceState:
    """Read the observations together. If that fails, read each one separately and note the errors."""
    try:
        return ports.cloud.observe(request.ref, kinds, request.past)
    except NotFound:
        raise
    except (BadInput, InternalError, Refused, Retryable) as error:
        if len(kinds) == 1:
            return ResourceState(request.ref, unread={kinds[0]: error})
    resource = ResourceState(request.ref)
    for one in ports.side_by_side([partial(_partly, ports, request, (kind,)) for kind in kinds]):
        if not isinstance(one, ResourceState):
            raise TypeError("a read ends with an observation")
        resource = resource.updated(one)
    return resource
