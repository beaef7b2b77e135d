"""What follows the notice of an approval: one-time schedules that lead back to it.

A schedule only sends a message to the runbook's own queue. It executes nothing: the function that takes the
message decides from the record. The time of a veto begins when SNS has accepted the notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ringfence.engine.intake import approval_message
from ringfence.engine.requests import Approving
from ringfence.handlers.logs import logger
from ringfence.model.errors import AccessDenied
from ringfence.record.approval_facts import ApprovalRequested

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ringfence.record.chain import ChainKey, Entry

SOON = timedelta(minutes=1)
"""The least time until a schedule is due."""
NOBODY = "nobody has confirmed a subscription to the topic of notices, so nobody could veto the plan"


class Schedules(Protocol):
    """Creates one-time schedules."""

    def at(self, name: str, when: datetime, queue: str, message: str) -> None:
        """Send a message to a queue's ARN at a time. Raises Retryable."""
        ...


class Subscribed(Protocol):
    """The topic of notices."""

    def confirmed(self) -> int:
        """Return how many subscriptions are confirmed. Raises Retryable."""
        ...


@dataclass(frozen=True)
class ApprovalSchedules:
    """Schedules the expiry of an approval, and the end of the time to veto it.

    `queues` are the ARNs of the second queues by runbook.
    """

    schedules: Schedules
    topic: Subscribed
    queues: Mapping[str, str]
    clock: Callable[[], datetime]

    def before(self, key: ChainKey, entry: Entry) -> None:
        """Schedule the expiry of an approval before its notice is sent. Raises Retryable.

        A repetition creates nothing, because the names of the schedules follow from the approval.
        """
        asked = entry.fact
        if isinstance(asked, ApprovalRequested):
            self._at(key, entry, asked, "expiry", Approving(asked.approval, due=asked.expires_at))

    def after(self, key: ChainKey, entry: Entry) -> None:
        """Schedule the end of the time to veto after the notice was accepted. Raises Retryable."""
        asked = entry.fact
        if not isinstance(asked, ApprovalRequested) or not asked.vetoable:
            return
        now, confirmed = self.clock(), self.topic.confirmed()
        if confirmed:
            told = f"SNS accepted the notice for {confirmed} confirmed subscription{'s' * (confirmed > 1)}"
            due = now + asked.rules.delay
            self._at(key, entry, asked, "veto", Approving(asked.approval, due, told, now))
        else:
            self._at(key, entry, asked, "untold", Approving(asked.approval, untold=NOBODY))

    def _at(
        self, key: ChainKey, entry: Entry, asked: ApprovalRequested, what: str, approving: Approving
    ) -> None:
        when = max(approving.due or self.clock(), self.clock() + SOON)
        message = approval_message(key, entry.incident, asked, approving)
        try:
            self.schedules.at(f"{asked.approval}-{what}", when, self.queues[key.runbook], message)
        except AccessDenied as error:
            # Other notices do not wait for it: time alone decides whether an approval has expired.
            logger().error("no schedule", extra={"approval": asked.approval, "error": str(error)})
