"""Scheduled reviews: where to look, at what, and the finding that each look is made for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from ringfence.engine.concurrency import each
from ringfence.model.codec import instant_text
from ringfence.model.errors import InternalError, Retryable
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
"""Looks because of a finding, and begins no change after an instant; says what must be looked at again."""
T = TypeVar("T")
SEVERITY = 4.0
"""Medium, on GuardDuty's scale: nobody says that anything is wrong."""
LOOK = timedelta(seconds=25)
"""For how long a look may begin changes, as one that an event is the cause of: should the review die, whoever
finds the subject taken waits no longer for it.
"""
AT_ONCE = 4
"""Subjects that are looked at side by side: 5,000 users are then done within the time, and an account's IAM,
which containment needs as well, is asked no faster than by the list of their keys.
"""
IN_A_ROW = 20
"""Looks in a row that failed and may work later, after which it is not the subjects that something is wrong
with: asking on would only make it worse.
"""


@frozen
class Place:
    """An account and a region to look at."""

    account: str
    region: str


@frozen
class Tour:
    """A look at every subject of a runbook's review, place by place; none is begun after `until`.

    `side_by_side` runs the looks at a place's subjects; not the engine's own pool, which they wait for.
    """

    runbook: Runbook
    policy: Policy
    ports: Ports
    until: datetime
    side_by_side: SideBySide

    def make(self, home_region: str, look: Look) -> int:
        """Look at each subject because of a finding of our own; return how many there were.

        What becomes of one keeps no other from being looked at, unless a place's looks fail one after
        another. Raises at the end what `several.each` does, and Retryable where something must be looked
        at again: no queue brings it back.
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
        """Yield every account of the scope with each of its regions; the home region where it names none.

        What is global is looked at once in an account.
        """
        regions = (self.policy.regions or (home_region,)) if self.runbook.subject.regional else (GLOBAL,)
        for account in self.policy.accounts:
            for region in regions:
                yield Place(account, region)

    @property
    def review(self) -> Review:
        """The runbook's scheduled look; raises InternalError where it has none."""
        if self.runbook.review is None:
            raise InternalError(f"{self.runbook.id} has no scheduled review")
        return self.runbook.review


@dataclass
class _Visits:
    """The looks at one place's subjects; `failed` of the last ones in a row may work later."""

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
        except Retryable:
            self.failed += 1
            raise
        self.failed = 0
        return again


def turned(items: tuple[T, ...], began: datetime) -> tuple[T, ...]:
    """Begin elsewhere each time: where time does not suffice for all, everything has its turn."""
    start = int(digest(instant_text(began))[:8], 16) % len(items) if items else 0
    return (*items[start:], *items[:start])


def finding_of(review: Review, ref: Ref, now: datetime) -> Finding:
    """Return the finding that says it is time to look at a subject."""
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
