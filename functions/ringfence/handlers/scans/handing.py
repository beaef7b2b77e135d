"""Hand failing resources to Ringfence: as findings of the function, by the API for findings.

The policy's `senders` decides what the function may hand over, as for every other sender. What the policy
does not allow is not sent, because each refusal would be recorded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ringfence.events.sent.form import MOST_FINDINGS, finding_of
from ringfence.events.sent.parser import finding_from
from ringfence.events.sent.sealed import Sent, Way
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_answers import code_of
from ringfence.handlers.sent_findings import ACCEPTED
from ringfence.model.errors import Retryable, RingfenceError
from ringfence.model.step import counted
from ringfence.policy.senders import refusal
from ringfence.posture.fixes import Fixes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.handlers.scans.timed import Timed
    from ringfence.model.document import Document
    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy
    from ringfence.posture.fixes import Fix
    from ringfence.posture.reach import Wanted

    Post = Callable[[tuple[object, ...]], tuple[Document, ...]]
    """Sends some findings, and returns the result of each."""

TRIES = 6
"""How often some findings are sent that the API does not take now. The waits add up to half a minute."""
NOT_NOW = code_of("retry")
"""The status of a finding that the API can take later."""
MOST_OF_A_QUERY = 100
"""The failing resources of one query of a place that a scan hands over. The next scan chooses others."""


@dataclass(frozen=True)
class Handed:
    """How many failing resources were handed over, and what was lost because the API did not take it."""

    accepted: int = 0
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Handing:
    """Hands failing resources over.

    `sender` is the ARN of the role, and `post` None if nobody may. `salt` is random. With the scan, it
    decides which resources are handed over if there are too many, so that each scan chooses others.
    """

    policy: Policy
    sender: str
    post: Post | None = None
    salt: str = ""

    def fixes(self, wanted: Wanted, runbooks: tuple[Runbook, ...], most: int, at: datetime) -> Fixes:
        """Return what chooses failing resources. The policy is asked before one is chosen."""
        rules = {one.name: one for one in wanted.rules}
        made = Fixes(rules, wanted.units, runbooks, most, f"{self.salt} {wanted.scan}")
        if self.post:
            made.refused = partial(self._refused, made, at)
        return made

    def over(self, fixes: Fixes, timed: Timed) -> Handed:
        """Send a finding for each chosen resource.

        An error stops nothing: the next scan finds the same resources again.
        """
        if self.post is None:
            return Handed()
        at, left = timed.clock(), Counter(fixes.left)
        # If the API takes only some, it takes those with the highest severity.
        found = [fixes.finding(one, at) for one in sorted(fixes.found, key=fixes.rank, reverse=True)]
        sending = _Sending(self.post, timed.wait, left)
        lost = sending.all(found)
        for why, number in left.items():
            logger().warning("not handed over", extra={"resources": number, "why": why})
        return Handed(sending.accepted, lost)

    def _refused(self, fixes: Fixes, at: datetime, one: Fix) -> str:
        """Return why the policy does not allow to hand a resource over. Empty if it does."""
        given = finding_of(fixes.finding(one, at))
        found = finding_from(Sent(Way.API, self.sender, at, given))
        refused = refusal(self.policy.senders, found)
        return f"{refused.field} {refused.reason}" if refused else ""


@dataclass
class _Sending:
    """Sends findings, and counts those that were accepted and, in `left`, the others by the reason."""

    post: Post
    wait: Callable[[float], None]
    left: Counter[str]
    accepted: int = 0

    def all(self, findings: list[dict[str, object]]) -> tuple[str, ...]:
        """Send findings. Return what was lost, and why: nothing more is sent after an error."""
        for start in range(0, len(findings), MOST_FINDINGS):
            waiting = findings[start : start + MOST_FINDINGS]
            try:
                self._some(waiting)
            except RingfenceError as error:
                number = len(waiting) + len(findings[start + MOST_FINDINGS :])
                self.left[str(error)] += number
                return (f"{counted(number, 'failing resource was')} not handed over: {error}",)
        return ()

    def _some(self, waiting: list[dict[str, object]]) -> None:
        """Send some findings, and again after a growing wait what the API does not take now.

        What was answered leaves `waiting`. Raises the error of the last try, and Retryable without more time.
        """
        for number in range(TRIES):
            try:
                waiting[:] = self._not_now(waiting, self.post(tuple(waiting)))
            except Retryable:
                if number == TRIES - 1:
                    raise
            if not waiting:
                return
            if number < TRIES - 1:
                self.wait(float(2**number))
        raise Retryable("the API does not take them now")

    def _not_now(
        self, given: list[dict[str, object]], results: tuple[Document, ...]
    ) -> list[dict[str, object]]:
        """Count results. Return the findings that the API can take later."""
        later = []
        for one, result in zip(given, results, strict=False):
            status = result.integer("status")
            if status == ACCEPTED:
                self.accepted += 1
            elif status == NOT_NOW:
                later.append(one)
            else:
                why = result.optional_child("error").optional_text("message")
                self.left[why or "no reason was given"] += 1
        return later
