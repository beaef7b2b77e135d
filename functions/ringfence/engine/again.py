"""Why a message must return to its queue, and how soon. Imported after the isolating call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import timedelta


@frozen
class Again:
    """One reason, in words.

    `within`: after this time a read shows what none before it can prove. So the message returns then at the
    latest. None: the delay of the queue is as good as any other.
    """

    reason: str
    within: timedelta | None = None
