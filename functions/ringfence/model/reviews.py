"""Findings of scheduled reviews.

No EventBridge rule delivers them. The review function passes them to its runbook directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.call import Permission, SansIO
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref


SOURCE = "ringfence"
PREFIX = "Review:"
"""The prefix of the finding types."""


@frozen
class Listed:
    """The subjects of a review in one place. `unread` says in words what was not read to its end, and why."""

    refs: tuple[Ref, ...]
    unread: tuple[str, ...] = ()


@frozen
class Review:
    """A scheduled review of one account and region.

    `name` is part of the finding type. `schedule` is an expression of EventBridge Scheduler. `listing`
    returns the subjects to check. `permissions` are those of its calls.
    """

    name: str
    schedule: str
    listing: Callable[[str, str], SansIO[Listed]]
    permissions: tuple[Permission, ...]

    @property
    def type(self) -> str:
        """Its finding type."""
        return PREFIX + self.name


@frozen
class ReviewTrigger:
    """Findings of scheduled reviews with some names. `types` are `Review:` and the review's name."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "reviews"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return none, because such findings are not on the event bus."""
        return ()

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types."""
        return finding.source == SOURCE and finding.type in self.types


def reviewed(*names: str) -> ReviewTrigger:
    """Return a trigger for reviews with these names."""
    return ReviewTrigger("reviews", tuple(PREFIX + name for name in names))
