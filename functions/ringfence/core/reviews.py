"""Findings of Ringfence's own: what a scheduled look at an account has to be done about.

No EventBridge rule delivers them: the function that looks hands them to its runbook itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.core.call import Permission
    from ringfence.core.finding import Finding

SOURCE = "ringfence"
PREFIX = "Review:"
"""How the types of such findings begin."""


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
