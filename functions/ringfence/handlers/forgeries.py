"""Notify people of a caller without proof. The alarm alone is not enough: others can write its metric."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ringfence.handlers.logs import logger
from ringfence.model.errors import Retryable
from ringfence.record.notices import Notice, subject_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringfence.engine.ports import Clock
    from ringfence.model.errors import Forged

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
        text = (
            f"{self.function} refused a forged input: {error}.",
            *(f"{name}: {value}" for name, value in details.items()),
            "Nothing was changed because of it. Find out who may invoke the function or send to its queue.",
        )
        title = subject_line(f"Ringfence: URGENT, forged input of {self.function}")
        try:
            self.topic.publish(Notice(title, "\n".join(text)))
        except Retryable as failed:
            logger().error("no notice of a forged input", extra={"error": str(failed)})
            return
        self.told_at = now
