"""Which findings call for the containment of credentials, whatever service they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.core.cloudtrail import QUARANTINED_USER
from ringfence.core.guardduty_credentials import COMPROMISED_CREDENTIALS as BY_GUARDDUTY
from ringfence.core.health import EXPOSED_CREDENTIALS

if TYPE_CHECKING:
    from ringfence.core.trigger import Trigger

COMPROMISED_CREDENTIALS: tuple[Trigger, ...] = (BY_GUARDDUTY, EXPOSED_CREDENTIALS, QUARANTINED_USER)
"""Every trigger whose findings name a principal that is to be contained."""
