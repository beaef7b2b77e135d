"""Lambda: publish the transparency log of the audit table's entries."""

from __future__ import annotations

from ringfence.handlers.log_wiring import publishing


def handler(event: object, context: object) -> None:
    """Publish what waits."""
    del event, context
    publishing().work()
