"""The age at which a credential counts as unused: one option for all credentials of a user. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.remediation import Option

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.incident import Incident

RULE = "iam-user-unused-credentials-check"
"""AWS Config's rule for passwords and access keys."""
REVIEW = "unused-access-keys"
"""The nightly review, because the rule reports once and a grace period must end."""
UNUSED = Option(
    "unused-days",
    ("90",),
    "whole days without use after which a credential counts as unused. 90: the default of the AWS Config "
    "rule, and enough for a quarterly job; 0: every credential counts as unused at once",
    pattern=r"0|[1-9][0-9]{0,3}",
)


def is_unused(since: datetime | None, incident: Incident) -> bool:
    """Return whether a time is old enough. False if the time is unknown."""
    return since is not None and incident.now - since >= days(incident, UNUSED.name)


def days(incident: Incident, option: str) -> timedelta:
    """Return the value of an option in whole days."""
    return timedelta(days=int(incident.choice(option)))
