"""When a credential counts as unused: one option for whatever a user signs in with. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.remediation import Option

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.incident import Incident

RULE = "iam-user-unused-credentials-check"
"""AWS Config's rule for passwords and access keys alike."""
REVIEW = "unused-access-keys"
"""The nightly review: the rule speaks once, and a grace period has to end."""
UNUSED = Option(
    "unused-days",
    ("90",),
    "whole days without use after which a credential counts as unused. 90: the default of the AWS Config "
    "rule, and enough for a quarterly job; 0: every credential counts as unused at once",
    pattern=r"0|[1-9][0-9]{0,3}",
)


def is_unused(since: datetime | None, incident: Incident) -> bool:
    """Say whether that was long enough ago; never where nobody knows since when."""
    return since is not None and incident.now - since >= days(incident, UNUSED.name)


def days(incident: Incident, option: str) -> timedelta:
    """Return the time that an option says in whole days."""
    return timedelta(days=int(incident.choice(option)))
