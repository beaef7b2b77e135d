"""The heartbeat in the queues of a runbook. Imported only for messages that are about no finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.heartbeat import CONTINUED, heartbeat_of
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import arrived

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.events.heartbeat import Link
    from ringfence.handlers.proof import Proof


def passed_on(body: str, link: str, home: str, send: Callable[[str, int], None]) -> bool:
    """Let a heartbeat of the home account continue to the second queue. Write the metric of the first one.

    Returns whether the message is a heartbeat. Raises BadInput and Retryable.
    """
    found = heartbeat_of(body)
    if found is None:
        return False
    if _is_ours(found, home):
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


def heard(body: str, link: str, home: str) -> bool:
    """Write the metric of a link if an event is a heartbeat of the home account.

    Returns whether it is a heartbeat. Raises BadInput.
    """
    found = heartbeat_of(body)
    if found is None:
        return False
    if _is_ours(found, home):
        arrived(link)
    return True


def _is_ours(found: Link, home: str) -> bool:
    """Return whether a heartbeat says that this link works: no rule delivers those of other accounts here."""
    if found.account == home:
        return True
    logger().warning("a heartbeat of another account is ignored", extra={"place": found.key})
    return False
