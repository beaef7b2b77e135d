"""Lambda: answer buttons in chat. Only one role may invoke it."""

from __future__ import annotations

from ringfence.handlers.chat_wiring import buttons


def handler(event: object, context: object) -> dict[str, str]:
    """Handle one button."""
    del context
    return buttons().pressed(event)
