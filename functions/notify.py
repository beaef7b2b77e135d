"""Lambda: tell people what is worth telling of the audit table's new entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.aws.stream_source import stream_source
from ringfence.handlers.notify_wiring import notifier
from ringfence.handlers.stream import each, genuine

if TYPE_CHECKING:
    from ringfence.handlers.stream import Answer, Event


def handler(event: Event, context: object) -> Answer:
    """Work on a batch of the stream."""
    del context
    own = notifier()
    try:
        return each(genuine(event, stream_source()), own.act)
    finally:
        own.tell_outputs()
