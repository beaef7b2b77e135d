"""Where a trail may log to: what the policy names, and what a person confirmed. Pure.

An intruder who may create a trail can have it log to a bucket of another account. Nothing that Ringfence does
by itself makes such a trail a baseline, restarts it or restores it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.remediation import Option
from ringfence.observations.logging.trails import TrailStatus, account_in
from ringfence.record.untrusted import plain
from ringfence.steps.logging.logging_notes import RecordTrailBaseline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.observations.logging.trails import TrailOptions, TrailSetup


LOG_DESTINATIONS = "log-destinations"
DESTINATION_OPTION = Option(
    LOG_DESTINATIONS,
    ("",),
    '"": a trail becomes a baseline only after a person has run restore-logging on it; names of buckets, and '
    "ARNs of log groups, keys and topics of other accounts, separated by spaces: trails that log only to "
    "these become baselines at the next review, and are restored and restarted",
    r"[A-Za-z0-9][A-Za-z0-9._:/, +=@-]{1,3999}",
)
"""Where trails may log to. Each remediation of trails declares it."""


def trail_baseline(incident: Incident, account: str) -> TrailSetup | None:
    """Return the newest baseline of a trail whose destinations are confirmed. `account` is the trail's."""
    noted = [one for one in incident.past if isinstance(one, RecordTrailBaseline)]
    return next(
        (
            one.setup
            for one in reversed(noted)
            if one.confirmed or not unconfirmed(one.setup.options, incident, account)
        ),
        None,
    )


def unconfirmed(options: TrailOptions, incident: Incident, account: str) -> tuple[str, ...]:
    """Return the destinations of a trail that neither the policy names nor a person confirmed.

    A log group, key or topic of the trail's own account needs no confirmation. The bucket does.
    """
    known = _known(incident)
    others = (options.log_group, options.key, options.topic)
    foreign = (one for one in others if one and account_in(one) not in {"", account})
    return tuple(one for one in (options.bucket, *foreign) if one not in known)


def unconfirmed_destinations(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield that a trail logs to where nobody has said it may."""
    seen, name = trail[TrailStatus], trail.ref.id
    if seen.setup is None or not seen.ours(trail.ref) or incident.requested:
        return
    if found := unconfirmed(seen.setup.options, incident, trail.ref.account):
        yield (
            f"trail {name} logs to {', '.join(map(plain, found))}, and neither the policy nor a person has "
            "confirmed that: its settings are no baseline, and it is not restored or restarted. If it is "
            f"yours, add the destination to `{LOG_DESTINATIONS}` in the policy, or run restore-logging on "
            f"{name} manually; otherwise find out who called CreateTrail or UpdateTrail"
        )


def _known(incident: Incident) -> frozenset[str]:
    confirmed = (
        one.setup.options for one in incident.past if isinstance(one, RecordTrailBaseline) and one.confirmed
    )
    chosen = incident.choice(LOG_DESTINATIONS).replace(",", " ").split()
    return frozenset(
        (*chosen, *(text for one in confirmed for text in (one.bucket, one.log_group, one.key, one.topic)))
    )
