"""Scheduled reviews: where to look, at what, and the finding that each look is made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ringfence.core.chain import digest
from ringfence.core.codec import instant_text
from ringfence.core.errors import Bug, Retryable
from ringfence.core.finding import Finding
from ringfence.core.frozen import frozen
from ringfence.core.reviews import SOURCE
from ringfence.core.subject import GLOBAL
from ringfence.several import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ringfence.core.policy import Policy
    from ringfence.core.reviews import Review
    from ringfence.core.runbook import Runbook
    from ringfence.core.subject import Ref
    from ringfence.session import Ports

T = TypeVar("T")
SEVERITY = 4.0
"""Medium, on GuardDuty's scale: nobody says that anything is wrong."""


@frozen
class Place:
    """An account and a region to look at."""

    account: str
    region: str


@frozen
class Tour:
    """A look at every subject of a runbook's review, one after another; none is begun after `until`."""

    runbook: Runbook
    policy: Policy
    ports: Ports
    until: datetime

    def make(self, home_region: str, look: Callable[[Finding], tuple[str, ...]]) -> int:
        """Look at each subject because of a finding of our own; return how many there were.

        What becomes of one keeps no other from being looked at: raises at the end what `several.each` does,
        and Retryable where something must be looked at again: no queue brings it back.
        """
        looked: list[Ref] = []
        began = self.ports.clock()

        def visit(ref: Ref) -> tuple[str, ...]:
            now = self.ports.clock()
            if now >= self.until:
                raise Retryable(f"{ref.key} was not looked at: the time is up")
            looked.append(ref)
            return look(finding_of(self._review, ref, now))

        def go(place: Place) -> tuple[str, ...]:
            refs = self.ports.cloud.listed(place.account, place.region, self._review)
            return each(turned(refs, began), visit)

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
    def _review(self) -> Review:
        if self.runbook.review is None:
            raise Bug(f"{self.runbook.id} has no scheduled review")
        return self.runbook.review


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
