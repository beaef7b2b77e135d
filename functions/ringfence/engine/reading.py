"""Looking at a subject of which not everything can be read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput, Bug, Gone, Refused, Retryable
from ringfence.model.observation import Observed

if TYPE_CHECKING:
    from ringfence.engine.execution import Ports
    from ringfence.model.observation import Facet
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


def look_at(ports: Ports, ref: Ref, facets: tuple[type[Facet], ...], past: tuple[Step, ...]) -> Observed:
    """Read the facets together; where that fails, each by itself, and note why one could not be read.

    Raises Gone.
    """
    try:
        return ports.cloud.observe(ref, facets, past)
    except Gone:
        raise
    except (BadInput, Bug, Refused, Retryable) as error:
        if len(facets) == 1:
            return Observed(ref, unread={facets[0]: error})
    seen = Observed(ref)
    for one in ports.side_by_side([partial(look_at, ports, ref, (facet,), past) for facet in facets]):
        if not isinstance(one, Observed):
            raise TypeError("a look ends with an observation")
        seen = seen.updated(one)
    return seen
