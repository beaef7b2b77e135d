"""Scheduled reviews: the accounts, regions and resources to check, and the finding for each check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ringfence.handlers.logs import logger
from ringfence.handlers.parts import (
    DUE,
    REVIEW,
    Part,
    in_parts,
    send_again,
    send_apart,
    send_to_each,
    told,
)
from ringfence.model.errors import InternalError, Retryable, RingfenceError, UnknownRecord
from ringfence.model.finding import Finding
from ringfence.model.frozen import frozen
from ringfence.model.kinds import parse_key
from ringfence.model.place import Place
from ringfence.model.reviews import SOURCE
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.ports import Ports, SideBySide
    from ringfence.handlers.parts import Send
    from ringfence.model.reviews import Review
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.policy import Policy

Look = Callable[[Finding, datetime], tuple[str, ...]]
"""Responds to a finding and starts no change after a time. Returns in words what must be read again."""
SEVERITY = 4.0
"""Medium, on GuardDuty's scale. Nothing is known to be wrong."""
LOOK = timedelta(seconds=25)
"""The time in which a check may start changes, as for an event. So if the review dies, a finding about the
resource waits no longer than usual.
"""
AT_ONCE = 4
"""Resources that are checked in parallel. Four call IAM, which containment needs as well, no faster than the
listing of an account's keys does.
"""
IN_A_ROW = 20
"""Retryable failures in a row after which the rest of a part waits: more calls would only make it worse."""


@frozen
class Tour:
    """A review of every resource. The schedule sends a message for each place, and a message handles some.

    `side_by_side` runs the checks. It must not be the engine's pool, because the checks wait for that. `send`
    sends messages to the runbook's second queue.
    """

    runbook: Runbook
    policy: Policy
    ports: Ports
    side_by_side: SideBySide
    send: Send

    def begin(self, home_region: str) -> int:
        """Send one message for each place. Return the number of places.

        A place whose message cannot be sent does not keep the others back. Raises Retryable at the end.
        """
        part = Part(REVIEW, self.runbook.id, self.ports.clock() + DUE)
        places = send_to_each(self.places(home_region), part, self.send, self.side_by_side)
        logger().info("the review begins", extra={"review": self.review.name, "places": len(places)})
        return len(places)

    def work(self, part: Part, home_region: str, until: datetime, look: Look) -> int:
        """Check the subjects of a part, and send messages for those that it does not reach.

        No check starts after `until`. Returns the number of checks. Raises Retryable if a message cannot be
        sent.
        """
        if Place(part.account, part.region) not in self.places(home_region):
            logger().info("off", extra={"place": part.words, "why": "it is not in the scope any more"})
            return 0
        if self.ports.clock() >= part.due:
            told(part, ("it was not finished before the next review",))
            return 0
        if not part.subjects:
            return self._listed(part, until, look)
        return self._checked(part, until, look)

    def places(self, home_region: str) -> Iterator[Place]:
        """Yield every place of the runbook's subjects."""
        return places(self.runbook, self.policy, home_region)

    @property
    def review(self) -> Review:
        """The runbook's review. Raises InternalError if it has none."""
        if self.runbook.review is None:
            raise InternalError(f"{self.runbook.id} has no scheduled review")
        return self.runbook.review

    def _listed(self, part: Part, until: datetime, look: Look) -> int:
        """List the subjects of a place, send all parts but the first, and check that one."""
        try:
            listed = self.ports.cloud.listed(part.account, part.region, self.review)
        except Retryable as error:
            send_again(part, {"": str(error)}, self.send, failed=True)
            return 0
        if listed.unread:
            told(part, listed.unread)
        parts = tuple(in_parts(replace(part, tries=0), [ref.key for ref in listed.refs]))
        send_apart(parts[1:], self.send, start=1)
        return self._checked(parts[0], until, look) if parts else 0

    def _checked(self, part: Part, until: datetime, look: Look) -> int:
        visits = _Visits(self, until, look)
        self.side_by_side([partial(visits.visit, parse_key(key)) for key in part.subjects])
        if visits.broken:
            told(part, (f"{key}: {why}" for key, why in visits.broken.items()))
        if visits.left:
            send_again(part, visits.left, self.send, failed=visits.has_failed)
        return visits.looked


@dataclass
class _Visits:
    """The checks of one part.

    `left` are the keys of subjects that must be checked again, with the reasons, and `broken` are those that
    another try would not help. `in_a_row` is the number of retryable failures in a row.
    """

    tour: Tour
    until: datetime
    look: Look
    left: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    looked: int = 0
    in_a_row: int = 0
    has_failed: bool = False

    def visit(self, ref: Ref) -> None:
        now = self.tour.ports.clock()
        if now >= self.until:
            self.left[ref.key] = "the time is over"
        elif self.in_a_row >= IN_A_ROW:
            self.left[ref.key] = f"{IN_A_ROW} checks in a row failed"
        else:
            self._look(ref, now)

    def _look(self, ref: Ref, now: datetime) -> None:
        self.looked += 1
        finding = finding_of(self.tour.review, ref, now)
        try:
            again = self.look(finding, min(now + LOOK, self.until))
        except UnknownRecord as error:  # this chain cannot be read, and the service works
            self._failed(ref, str(error))
        except Retryable as error:
            self.in_a_row += 1
            self._failed(ref, str(error))
        except RingfenceError as error:
            logger().exception("the check failed", extra={"subject": ref.key})
            self.broken[ref.key] = str(error)
        else:
            self.in_a_row = 0
            if again:
                self._failed(ref, "; ".join(again))

    def _failed(self, ref: Ref, why: str) -> None:
        self.has_failed = True
        self.left[ref.key] = why


def places(runbook: Runbook, policy: Policy, home_region: str) -> Iterator[Place]:
    """Yield every account of the scope with each of its regions, or with the home region if it has none.

    Global resources are checked once per account.
    """
    regions = (policy.regions or (home_region,)) if runbook.subject.regional else (GLOBAL,)
    for account in policy.accounts:
        for region in regions:
            yield Place(account, region)


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
