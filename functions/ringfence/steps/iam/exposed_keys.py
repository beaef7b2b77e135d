"""Which access keys a report is about. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.quarantine import QUARANTINE
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.observations.iam.access_key import ACTIVE, AccessKey
from ringfence.steps.iam.access_keys import DeactivateAccessKey

if TYPE_CHECKING:
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState


def concerns(principal: ResourceState, incident: Incident) -> bool:
    """Return whether the finding is about a long-term key: by its id, or because AWS found one exposed."""
    return isinstance(principal.ref, AccessKeyRef) or QUARANTINE in incident.types


def exposed(principal: ResourceState, incident: Incident) -> frozenset[str]:
    """Return the ids of the exposed keys."""
    if isinstance(principal.ref, AccessKeyRef):
        return frozenset({principal.ref.id})
    if QUARANTINE not in incident.types:
        return frozenset()
    if incident.past or incident.looked:
        return frozenset(step.key for step in incident.past if isinstance(step, DeactivateAccessKey))
    keys = principal[AccessKey].keys
    return frozenset(
        one.id for one in keys if len(keys) == 1 and one.created and one.created <= incident.first_seen
    )


def is_about_one_key(principal: ResourceState, incident: Incident) -> bool:
    """Return whether the report is about one long-term key, which is known.

    AWS's quarantine names a user. The key is known if the report names it, or if no other key is active.
    """
    if isinstance(principal.ref, AccessKeyRef):
        return True
    if set(incident.types) != {QUARANTINE} or AccessKey not in principal:
        return False
    named = {*exposed(principal, incident), *incident.named_keys}
    keys = principal[AccessKey].keys
    return bool(incident.named_keys) or all(one.status != ACTIVE or one.id in named for one in keys)
