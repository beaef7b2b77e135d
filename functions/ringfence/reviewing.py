"""Scheduled reviews: where to look, at what, and the finding that each look is made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.core.errors import Bug
from ringfence.core.finding import Finding
from ringfence.core.frozen import frozen
from ringfence.core.reviews import SOURCE
from ringfence.core.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.core.policy import Policy
    from ringfence.core.reviews import Review
    from ringfence.core.runbook import Runbook
    from ringfence.core.subject import Ref
    from ringfence.session import Ports

SEVERITY = 4.0
"""Medium, on GuardDuty's scale: nobody says that anything is wrong."""


@frozen
class Place:
    """An account and a region to look at."""

    account: str
    region: str


def places(runbook: Runbook, policy: Policy, home_region: str) -> Iterator[Place]:
    """Yield every account of the scope with each of its regions; the home region where it names none.

    What is global is looked at once in an account.
    """
    regions = (policy.regions or (home_region,)) if runbook.subject.regional else (GLOBAL,)
    for account in policy.accounts:
        for region in regions:
            yield Place(account, region)


def listed(runbook: Runbook, place: Place, ports: Ports) -> tuple[Ref, ...]:
    """Return the subjects to look at in one place. Raises Retryable."""
    return ports.cloud.listed(place.account, place.region, _review(runbook))


def finding_of(runbook: Runbook, ref: Ref, now: datetime) -> Finding:
    """Return the finding that says it is time to look at a subject."""
    review = _review(runbook)
    return Finding(
        source=SOURCE,
        id=f"{review.name} of {ref.key}",
        type=review.type,
        severity=SEVERITY,
        account=ref.account,
        region=ref.region,
        title=f"scheduled review: {review.name}",
        updated_at=now,
        last_seen=now,
        subjects=(ref,),
        routine=True,
    )


def _review(runbook: Runbook) -> Review:
    if runbook.review is None:
        raise Bug(f"{runbook.id} has no scheduled review")
    return runbook.review
