"""The triggers for compromised credentials, of all sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.quarantine import QUARANTINED_USER
from ringfence.events.guardduty.trigger.credentials import COMPROMISED_CREDENTIALS as BY_GUARDDUTY
from ringfence.events.health.trigger import EXPOSED_CREDENTIALS

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

COMPROMISED_CREDENTIALS: tuple[Trigger, ...] = (BY_GUARDDUTY, EXPOSED_CREDENTIALS, QUARANTINED_USER)
"""Every trigger whose findings name a principal to contain."""
