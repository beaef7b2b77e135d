"""Looking at a subject of which not everything can be read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput, InternalError, NotFound, Refused, Retryable
from ringfence.model.observation import ResourceState

if TYPE_CHECKING:
    from ringfence.engine.execution import Ports
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


def look_at(
    ports: Ports, ref: Ref, observations: tuple[type[Observation], ...], past: tuple[Step, ...]
) -> ResourceState:
    """Read the facets together; where that fails, each by itself, and note why one could not be read.

    Raises NotFound.
    """
    try:
        return ports.cloud.observe(ref, observations, past)
    except NotFound:
        raise
    except (BadInput, InternalError, Refused, Retryable) as error:
        if len(observations) == 1:
            return ResourceState(ref, unread={observations[0]: error})
    seen = ResourceState(ref)
    for one in ports.side_by_side(
        [partial(look_at, ports, ref, (observation,), past) for observation in observations]
    ):
        if not isinstance(one, ResourceState):
            raise TypeError("a look ends with an observation")
        seen = seen.updated(one)
    return seen
