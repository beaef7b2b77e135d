"""Hand failing resources to Ringfence: as findings of the function, by the API for findings.

The policy's `senders` decides what the function may hand over, as for every other sender. What the policy
does not allow is not sent, because each refusal would be recorded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.events.sent.form import MOST_FINDINGS, finding_of
from ringfence.events.sent.parser import finding_from
from ringfence.events.sent.sealed import Sent, Way
from ringfence.handlers.logs import logger
from ringfence.handlers.sent_findings import ACCEPTED
from ringfence.model.errors import RingfenceError
from ringfence.policy.senders import refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.model.document import Document
    from ringfence.policy.policy import Policy
    from ringfence.posture.fixes import Fix, Fixes

    Post = Callable[[tuple[object, ...]], tuple[Document, ...]]
    """Sends some findings, and returns the result of each."""

MOST_OF_A_PLACE = 100
"""The failing resources of a place that one scan hands over. The next scan finds the others."""


@dataclass(frozen=True)
class Handing:
    """Hands failing resources over. `sender` is the ARN of the role, and `post` None if nobody may."""

    policy: Policy
    sender: str
    post: Post | None = None

    def over(self, fixes: Fixes, at: datetime) -> int:
        """Send a finding for each failing resource that the policy allows. Return how many were accepted.

        An error stops nothing: the next scan finds the same resources again.
        """
        if self.post is None:
            return 0
        left = Counter(fixes.left)
        found = []
        for one in fixes.found:
            if why := self._refused(one, fixes, at):
                left[why] += 1
            else:
                found.append(fixes.finding(one, at))
        accepted = 0
        try:
            for start in range(0, len(found), MOST_FINDINGS):
                accepted += _accepted(self.post(tuple(found[start : start + MOST_FINDINGS])), left)
        except RingfenceError as error:
            left[str(error)] += len(found) - accepted
        for why, number in left.items():
            logger().warning("not handed over", extra={"resources": number, "why": why})
        return accepted

    def _refused(self, one: Fix, fixes: Fixes, at: datetime) -> str:
        """Return why the policy does not allow to hand a resource over. Empty if it does."""
        given = finding_of(fixes.finding(one, at))
        found = finding_from(Sent(Way.API, self.sender, at, given))
        refused = refusal(self.policy.senders, found)
        return f"{refused.field} {refused.reason}" if refused else ""


def _accepted(results: tuple[Document, ...], left: Counter[str]) -> int:
    """Count the findings that were accepted, and the others by the reason."""
    accepted = 0
    for one in results:
        if one.integer("status") == ACCEPTED:
            accepted += 1
        else:
            left[one.optional_child("error").optional_text("message") or "no reason was given"] += 1
    return accepted
