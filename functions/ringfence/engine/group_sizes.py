"""Keep the size of a group after a containment, so that the next response knows whether there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import RingfenceError
from ringfence.policy.limits import FOREVER, GROUP, MOST_OPEN, OPEN
from ringfence.record.chain import Slot
from ringfence.record.slots import LIMIT

if TYPE_CHECKING:
    from ringfence.engine.ports import Ports
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.observation import ResourceState


def keep_sizes(ports: Ports, request: ResponseRequest, resource: ResourceState) -> None:
    """Read how large the group of the subject is, and keep it for the limit on its share.

    Without a size, one is contained at a time. So an error changes nothing.
    """
    kind, share = request.runbook.size, request.limits.of(GROUP, critical=False).share
    names = _groups(request, resource) if kind and share else ()
    if kind is None or not names:
        return
    try:
        found = ports.cloud.observe(request.ref, (kind,))
        chain = f"{request.runbook.id}#{request.ref.key}"
        for name in names if kind in found else ():
            limit = Slot(f"{LIMIT}{name}/{OPEN}", chain, ports.clock(), MOST_OPEN, FOREVER, 0, share)
            ports.log.keep_share(limit, found[kind].size)
    except RingfenceError:
        return


def _groups(request: ResponseRequest, resource: ResourceState) -> tuple[str, ...]:
    """Return the names of the subject's groups, as the limits on the first stage have them."""
    first = request.runbook.stages[0]
    if any(kind not in resource for kind in first.observations):
        return ()
    names = (name for one in first.remediations if one.scopes for name in one.scopes(resource))
    return tuple(dict.fromkeys(name for name in names if name.startswith(f"{GROUP}/")))
