"""The heartbeat in the queues of a runbook. Imported only for messages that are about no finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.heartbeat import CONTINUED, heartbeat_of
from ringfence.handlers.metrics import arrived

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.handlers.proof import Proof


def passed_on(body: str, link: str, send: Callable[[str, int], None]) -> bool:
    """Let a heartbeat continue to the second queue, and write the metric of the first one.

    Returns whether the message is a heartbeat. Raises BadInput and Retryable.
    """
    if heartbeat_of(body) is None:
        return False
    send(CONTINUED, 0)
    arrived(link)
    return True


def continued(body: str, link: str, proof: Proof) -> bool:
    """Write the metric of the second queue if a message is a heartbeat. Return whether it is one.

    Raises Forged and Retryable, because a made-up heartbeat must not hide that a link is silent.
    """
    if body != CONTINUED:
        return False
    proof.check()
    arrived(link)
    return True


def heard(body: str, link: str) -> bool:
    """Write the metric of a link if an event is a heartbeat. Return whether it is one. Raises BadInput."""
    if heartbeat_of(body) is None:
        return False
    arrived(link)
    return True
