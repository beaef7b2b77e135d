"""Scheduled reviews: the accounts, regions and resources to check, and the finding for each check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from ringfence.engine.concurrency import each
from ringfence.model.codec import instant_text
from ringfence.model.errors import InternalError, Retryable, UnknownRecord
from ringfence.model.finding import Finding
from ringfence.model.frozen import frozen
from ringfence.model.reviews import SOURCE
from ringfence.model.subject import GLOBAL
from ringfence.record.chain import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.ports import Ports, SideBySide
    from ringfence.model.reviews import Review
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Policy

Look = Callable[[Finding, datetime], tuple[str, ...]]
"""Responds to a finding and starts no change after a time. Returns in words what must be read again."""
T = TypeVar("T")
SEVERITY = 4.0
"""Medium, on GuardDuty's scale. Nothing is known to be wrong."""
LOOK = timedelta(seconds=25)
"""The time in which a check may start changes, as for an event. So if the review dies, a finding about the
resource waits no longer than usual.
"""
AT_ONCE = 4
"""Resources that are checked in parallel. Four check 5,000 users within the timeout, and call IAM, which
containment needs as well, no faster than listing their keys does.
"""
IN_A_ROW = 20
"""Retryable failures in a row after which the review leaves this account and region: more calls would only
make it worse.
"""


@frozen
class Place:
    """An account and a region to review."""

    account: str
    region: str


@frozen
class Tour:
    """A review of every resource, one account and region after the other. No check starts after `until`.

    `side_by_side` runs the checks. It must not be the engine's pool, because the checks wait for that.
    """

    runbook: Runbook
    policy: Policy
    ports: Ports
    until: datetime
    side_by_side: SideBySide

    def make(self, home_region: str, look: Look) -> int:
        """Check each resource. Return the number of resources.

        A failure of one does not stop the others, unless many fail in a row. Raises the errors of
        `concurrency.each` at the end, and Retryable if something must be read again, because no queue
        repeats it.
        """
        looked: list[Ref] = []
        began = self.ports.clock()

        def go(place: Place) -> tuple[str, ...]:
            refs = self.ports.cloud.listed(place.account, place.region, self.review)
            return each(turned(refs, began), _Visits(self, look, looked).visit, self.side_by_side)

        if again := each(turned(tuple(self.places(home_region)), began), go):
            raise Retryable("; ".join(dict.fromkeys(again))[:1000])
        return len(looked)

    def places(self, home_region: str) -> Iterator[Place]:
        """Yield every account of the scope with each of its regions, or with the home region if it has none.

        Global resources are checked once per account.
        """
        regions = (self.policy.regions or (home_region,)) if self.runbook.subject.regional else (GLOBAL,)
        for account in self.policy.accounts:
            for region in regions:
                yield Place(account, region)

    @property
    def review(self) -> Review:
        """The runbook's review. Raises InternalError if it has none."""
        if self.runbook.review is None:
            raise InternalError(f"{self.runbook.id} has no scheduled review")
        return self.runbook.review


@dataclass
class _Visits:
    """The checks in one account and region. `failed`: the number of retryable failures in a row."""

    tour: Tour
    look: Look
    looked: list[Ref]
    failed: int = 0

    def visit(self, ref: Ref) -> tuple[str, ...]:
        now = self.tour.ports.clock()
        if now >= self.tour.until:
            raise Retryable(f"{ref.key} was not reviewed: the time is over")
        if self.failed >= IN_A_ROW:
            raise Retryable(f"{ref.key} was not reviewed: {IN_A_ROW} reviews in a row failed")
        self.looked.append(ref)
        try:
            again = self.look(finding_of(self.tour.review, ref, now), min(now + LOOK, self.tour.until))
        except UnknownRecord:  # one chain cannot be read, and the service works
            raise
        except Retryable:
            self.failed += 1
            raise
        self.failed = 0
        return again


def turned(items: tuple[T, ...], began: datetime) -> tuple[T, ...]:
    """Start at another item each time, so that every item has its turn if the time is too short for all."""
    start = int(digest(instant_text(began))[:8], 16) % len(items) if items else 0
    return (*items[start:], *items[:start])


def finding_of(review: Review, ref: Ref, now: datetime) -> Finding:
    """Return the finding of a scheduled check."""
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
