"""Deactivate unused access keys after a notice.

The age of a key that was never used counts from its creation. The notice is in the audit log, and so in the
notification. The grace period counts from the notice up to the newest recorded time. If somebody uses the
key in the meantime, it stays active, because each plan starts from IAM's data. If somebody activates it
again later, it gets a new notice, even if it is still unused.

It does not count as a workload risk: nobody used the key for months, the notice gives time, and the key is
read again after the grace period. A release activates it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.config.trigger import judged_by
from ringfence.model.remediation import Option, remediation
from ringfence.model.reviews import reviewed
from ringfence.model.subject import IdentityRef
from ringfence.model.unused import REVIEW, RULE, UNUSED, days, is_unused
from ringfence.observations.iam.access_key import ACTIVE, INACTIVE
from ringfence.observations.iam.user_keys import UserKeys
from ringfence.steps.iam.unused_keys import DeactivateUnusedKey, GiveNotice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.observations.iam.user_keys import DatedKey

GRACE = "grace-days"


def due(seen: UserKeys, incident: Incident) -> Iterator[DatedKey]:
    """Yield the active keys that were unused for as long as the option says."""
    for key in seen.keys:
        if key.status == ACTIVE and is_unused(key.idle_since, incident):
            yield key


def noticed(key: DatedKey, incident: Incident) -> datetime | None:
    """Return when the last valid notice about a key was given. None if there was none or it was answered."""
    last = last_notice(key, incident)
    if last is None or (key.used and key.used > last) or active_again(key, incident):
        return None
    return last


def last_notice(key: DatedKey, incident: Incident) -> datetime | None:
    """Return when the last notice about a key was given. None if there was none."""
    given = (one.at for one in incident.past if isinstance(one, GiveNotice) and one.key == key.id)
    return max(given, default=None)


def active_again(key: DatedKey, incident: Incident) -> bool:
    """Return whether an active key was deactivated since the last notice, before the current plan.

    IAM does not return the time of a status change. A new notice is also given after a failed change: a
    late deactivation is better than one without a notice.
    """
    last = last_notice(key, incident)
    gone = (one.at for one in incident.past if isinstance(one, DeactivateUnusedKey) and one.key == key.id)
    return any(last and at and last <= at < incident.now for at in gone)


def last_uses(user: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield which keys were used or activated again, and the last use of those that are due."""
    seen = user[UserKeys]
    for key in seen.keys:
        if key.status != ACTIVE or noticed(key, incident) or not last_notice(key, incident):
            continue
        if active_again(key, incident):
            yield (
                f"access key {key.id} of user {seen.user} is active again, although it was to be deactivated"
            )
        else:
            yield f"access key {key.id} of user {seen.user} was used after the notice: {key.last_use}"
    for key in due(seen, incident):
        if not noticed(key, incident):
            yield f"access key {key.id} of user {seen.user} was {key.last_use}"


def under_notice(user: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield when each key will be deactivated, or why its user is unknown."""
    seen = user[UserKeys]
    if seen.doubt:
        yield f"nothing was changed: {seen.doubt}"
    for key in due(seen, incident):
        given = noticed(key, incident)
        if given and not _over(given, incident):
            yield (
                f"access key {key.id} of user {seen.user}, {key.last_use}, will be deactivated on "
                f"{(given + days(incident, GRACE)).date()} unless somebody uses it before"
            )


@remediation(
    id="deactivate-unused-keys",
    title="Deactivate unused access keys after a notice",
    subject=IdentityRef,
    triggers=(judged_by(RULE), reviewed(REVIEW)),
    observations=(UserKeys,),
    steps=(GiveNotice, DeactivateUnusedKey),
    references=("NIST 800-53 AC-2(3)", "NIST 800-53 IA-5", "ATT&CK T1078.004"),
    countermeasures=("D3-CR",),
    controls=("unused-access-keys",),
    options=(
        UNUSED,
        Option(
            GRACE,
            ("14",),
            "whole days between the notice and the deactivation. 14: time for a person to object; 0: "
            "both at once",
            pattern=r"0|[1-9][0-9]{0,2}",
        ),
    ),
    residual_risk=last_uses,
    needs_review=under_notice,
)
def deactivate_unused_keys(user: ResourceState, incident: Incident) -> Iterator[Step]:
    """Give notice about each key that is due. Deactivate it if the notice is old enough."""
    seen = user[UserKeys]
    for key in due(seen, incident):
        given = noticed(key, incident)
        if given is None:
            yield GiveNotice(seen.user, key.id, incident.now)
        if _over(given or incident.now, incident):
            yield DeactivateUnusedKey(seen.user, key.id, key.status, INACTIVE, incident.now)


def _over(given: datetime, incident: Incident) -> bool:
    return incident.now - given >= days(incident, GRACE)
