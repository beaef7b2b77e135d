"""Notify people of a caller without proof. The alarm alone is not enough: others can write its metric."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ringfence.handlers.logs import logger
from ringfence.model.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringfence.engine.ports import Clock
    from ringfence.model.errors import Forged
    from ringfence.record.notices.notice import Notice

QUIET = timedelta(minutes=15)
"""The time between two notices of one environment. Made-up messages could otherwise cause any number."""


class Publisher(Protocol):
    """The topic for notices."""

    def publish(self, notice: Notice) -> None:
        """Send a notice. Raises Retryable."""
        ...


@dataclass
class Forgeries:
    """Publishes a notice about a forged input, and about no other one for some time."""

    topic: Publisher
    clock: Clock
    function: str
    told_at: datetime | None = None

    def tell(self, error: Forged, details: Mapping[str, str]) -> None:
        """Publish a notice. A failure is logged, because the input is refused in any case."""
        now = self.clock()
        if self.told_at is not None and now < self.told_at + QUIET:
            return
        from ringfence.record.notices.deployment import forged  # containment does not wait for it

        try:
            self.topic.publish(forged(self.function, str(error), details, now))
        except Retryable as failed:
            logger().error("no notice of a forged input", extra={"error": str(failed)})
            return
        self.told_at = now
