"""Collect the permissions, calls and traces of a compromised principal. Nothing is changed.

Resources that it created and sessions that it started survive the containment. The response is not complete
until a person has reviewed them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.codec import instant_text
from ringfence.model.remediation import Option, remediation
from ringfence.model.subject import PrincipalRef
from ringfence.observations.iam.evidence import Grants, KeyUse
from ringfence.observations.iam.revocations import holder_of
from ringfence.observations.iam.used_roles import UsedRoles
from ringfence.observations.iam.user_access import has_own_credentials
from ringfence.observations.logging.trail import SESSION, Trace, Trail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

REVIEW = "traces"
_OPEN, _REVIEWED = "open", "reviewed"


def known(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the principal's permissions, and how many of its calls were read."""
    if words := principal[KeyUse].words:
        yield f"access key {principal.ref.id} was {words}"
    grants, trail = principal[Grants], principal[Trail]
    if grants.holder:
        parts = (
            ("inline policies", grants.inline),
            ("attached policies", grants.attached),
            ("groups", grants.groups),
            ("permissions boundary", (grants.boundary,) if grants.boundary else ()),
        )
        has = "; ".join(f"{what}: {', '.join(names) or 'none'}" for what, names in parts)
        yield f"{grants.holder} has {has}"
    if trail.regions:
        yield (
            f"CloudTrail was searched for traces of the principal only in {', '.join(trail.regions)}; this "
            "list does not include the calls of sessions that it started"
        )
    if incident.choice(REVIEW) == _REVIEWED:
        yield from (f"reviewed by a person: {words}" for words in _left(principal, incident))


def unreviewed(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield its traces, unless a person has reviewed them."""
    if incident.choice(REVIEW) == _OPEN:
        yield from _left(principal, incident)


def _left(principal: ResourceState, incident: Incident) -> Iterator[str]:
    trail, since = principal[Trail], incident.first_seen
    for trace in trail.since(since):
        yield _trace_words(trace)
    yield from _devices(principal, incident)
    if trail.oldest and trail.oldest > since:
        yield f"its calls before {instant_text(trail.oldest)} were not read, because there are too many"


def _trace_words(trace: Trace) -> str:
    return f"{trace.kind} {trace.name}, created or changed by the principal at {instant_text(trace.at)}"


def _devices(principal: ResourceState, incident: Incident) -> Iterator[str]:
    for device in principal[Grants].devices:
        if device.enabled_at >= incident.first_seen:
            yield (
                f"MFA device {device.serial} was registered at {instant_text(device.enabled_at)}, after the "
                "first suspicious call; it was not removed"
            )


def open_traces(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what the principal made to get in again, unless a person has reviewed it."""
    if incident.choice(REVIEW) != _OPEN or Trail in principal.unread or Grants in principal.unread:
        return
    for trace in principal[Trail].since(incident.first_seen):
        if trace.gives_access and not _is_revoked(principal, trace):
            yield _trace_words(trace)
    if has_own_credentials(principal):
        yield from _devices(principal, incident)


def _is_revoked(principal: ResourceState, trace: Trace) -> bool:
    """Return whether this incident, or an earlier version, revoked the sessions of an assumed role."""
    roles = principal[UsedRoles].roles if UsedRoles in principal else ()
    uses = (
        one.use for one in roles if trace.kind == SESSION and trace.name.endswith(f"/{one.use.role.name}")
    )
    return any(one.covers(trace.at, {holder_of(principal.ref), ""}) for one in uses)


@remediation(
    id="collect-evidence",
    title="Collect the permissions, calls and traces of a compromised principal",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(KeyUse, Grants, Trail),
    steps=(),
    references=("NIST 800-53 IR-4", "NIST 800-61r2 3.3.2", "ATT&CK T1098.001", "ATT&CK T1136.003"),
    options=(
        Option(
            REVIEW,
            (_OPEN, _REVIEWED),
            "open: the response is not complete while traces of the principal need a review; reviewed: a "
            "person has reviewed all of them, and gives the reason with the run. Do not set it in a "
            "policy, because it would apply to every incident",
        ),
    ),
    residual_risk=known,
    needs_review=unreviewed,
    open_access=open_traces,
)
def collect_evidence(principal: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Plan nothing. The evidence is reported and recorded as words."""
    return iter(())
