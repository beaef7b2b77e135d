"""Keep the sizes of groups after a containment, so that the next response knows whether there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import RingfenceError
from ringfence.policy.limits import FOREVER, MOST_OPEN, OPEN
from ringfence.record.chain import Slot
from ringfence.record.slots import LIMIT

if TYPE_CHECKING:
    from ringfence.engine.ports import Ports
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.observation import ResourceState, Sized


def keep_sizes(ports: Ports, request: ResponseRequest, resource: ResourceState) -> None:
    """Read how large the groups of the subject are, and keep it for the limits on their shares.

    Without a size, one is contained at a time. So an error changes nothing.
    """
    for scope, kind in request.runbook.sizes:
        share = request.limits.of(scope, critical=False).share
        if share and (names := _groups(request, resource, scope)):
            try:
                _keep(ports, request, kind, names, share)
            except RingfenceError:
                continue


def _keep(
    ports: Ports, request: ResponseRequest, kind: type[Sized], names: tuple[str, ...], share: int
) -> None:
    found = ports.cloud.observe(request.ref, (kind,))
    chain = f"{request.runbook.id}#{request.ref.key}"
    for name in names if kind in found else ():
        limit = Slot(f"{LIMIT}{name}/{OPEN}", chain, ports.clock(), MOST_OPEN, FOREVER, 0, share)
        ports.log.keep_share(limit, found[kind].size)


def _groups(request: ResponseRequest, resource: ResourceState, scope: str) -> tuple[str, ...]:
    """Return the names of the subject's groups, as the limits on the first stage have them."""
    first = request.runbook.stages[0]
    if any(kind not in resource for kind in first.observations):
        return ()
    names = (name for one in first.remediations if one.scopes for name in one.scopes(resource))
    return tuple(dict.fromkeys(name for name in names if name.startswith(f"{scope}/")))
