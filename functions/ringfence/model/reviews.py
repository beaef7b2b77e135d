"""Findings of Ringfence's own: what a scheduled look at an account has to be done about.

No EventBridge rule delivers them: the function that looks hands them to its runbook itself.
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
"""How the types of such findings begin."""


@frozen
class Review:
    """A scheduled look at one account and region.

    `name` stands in the types of what it finds. `schedule` is an expression of EventBridge Scheduler.
    `listing` returns the subjects to look at; `permissions` are what its calls need.
    """

    name: str
    schedule: str
    listing: Callable[[str, str], SansIO[tuple[Ref, ...]]]
    permissions: tuple[Permission, ...]

    @property
    def type(self) -> str:
        """The type of its findings."""
        return PREFIX + self.name


@frozen
class ReviewTrigger:
    """What scheduled reviews of some names found. `types` are `Review:` and the review's name."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "reviews"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return none: such findings are on no bus."""
        return ()

    def matches(self, finding: Finding) -> bool:
        """Say whether the finding is of one of the types."""
        return finding.source == SOURCE and finding.type in self.types


def reviewed(*names: str) -> ReviewTrigger:
    """Answer to scheduled reviews of these names."""
    return ReviewTrigger("reviews", tuple(PREFIX + name for name in names))
