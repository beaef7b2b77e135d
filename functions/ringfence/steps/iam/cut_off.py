"""The time before which issued sessions are denied: the time of the change, as its step recorded it. Pure.

The times of a finding are no cut-off. A finding arrives minutes or hours after its calls, and an intruder
goes on to start sessions. So the cut-off is the time for which the plan is made. The recorded step fixes it:
later plans read it from there, so they do not ask for a newer one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.observations.iam.revocations import whole_second
from ringfence.steps.iam.access_keys import DeactivateAccessKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.model.incident import Incident
    from ringfence.observations.iam.revocations import Revocation

PROPAGATION = timedelta(seconds=10)
"""How long a change is assumed to take until all of IAM applies it. AWS documents no limit.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""
_ENOUGH = PROPAGATION / 2
"""How much later than the deactivation of a key a recorded cut-off must be. The rest is for the journal."""


def is_over(recorded: Iterable[Revocation], incident: Incident) -> bool:
    """Return whether the incident revoked sessions, and none of them can be valid any more."""
    newest = max(recorded, key=lambda one: one.instant, default=None)
    return newest is not None and newest.is_over(incident.applying_at)


def cut_off(incident: Incident, recorded: Iterable[datetime]) -> datetime:
    """Return the newest recorded cut-off, unless a key was deactivated after it. Otherwise return a new one.

    A key can start sessions until its deactivation has propagated. `recorded` are the cut-offs of recorded
    steps that no release has undone.
    """
    known, dead = max(recorded, default=None), incident.last_tried(DeactivateAccessKey)
    if known and (dead is None or known >= dead + _ENOUGH):
        return known
    return whole_second(incident.applying_at + PROPAGATION)
