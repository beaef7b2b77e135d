"""Several plans that one person answers together. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.codec import canonical
from ringfence.model.frozen import frozen
from ringfence.record.chain import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_TOGETHER = 500
"""The most plans that one request answers. The CLI sends several requests for more."""


@frozen
class Shown:
    """A plan that a person has seen: the incident, the id of its approval, and the digest of the plan."""

    incident: str
    approval: str
    plan: str


def batch_digest(shown: Iterable[Shown]) -> str:
    """Return the digest of plans, whatever their order.

    Examples
    --------
    >>> one, other = Shown("inc-1", "a", "00"), Shown("inc-2", "b", "11")
    >>> batch_digest((one, other)) == batch_digest((other, one, other))
    True
    """
    return digest(canonical(sorted({(one.incident, one.approval, one.plan) for one in shown})))
