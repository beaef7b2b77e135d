"""What a remediation answers to: which findings, and the EventBridge patterns that deliver them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.core.finding import Finding


class Trigger(Protocol):
    """One family of findings."""

    @property
    def id(self) -> str:
        """A stable name, used in rule names: lower case and hyphens."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """Return the types of the findings, `Finding.type`: what a policy may name."""
        ...

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return EventBridge patterns, each within the service's limit of 2,048 characters."""
        ...

    def matches(self, finding: Finding) -> bool:
        """Say whether `finding` is of this family; agrees with the patterns."""
        ...
