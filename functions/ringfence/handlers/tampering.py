"""Raise the tamper alarm: a metric, an error in the log and a notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import emit
from ringfence.record.measures import TAMPER, Measure
from ringfence.record.notices.deployment import log_tampering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.aws.notice import Topic


def alarm(topic: Topic, words: str, details: Sequence[str] = (), chain: str = "", incident: str = "") -> None:
    """Report tampering. Emits the metric first, because its alarm does not depend on the topic."""
    emit((Measure(TAMPER),))
    logger().error("tampering", extra={"what": words, "details": list(details)})
    topic.publish(log_tampering(words, details, chain, incident))
