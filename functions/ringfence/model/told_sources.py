"""The sources of findings that no runbook declares: the policy's `mappings` name the runbook for them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCESS_ANALYZER = "aws.access-analyzer"
SECURITY_HUB = "aws.securityhub"
SENT = "ringfence.intake"
"""The source of findings that a customer's own system sends."""
TOLD = frozenset({ACCESS_ANALYZER, SECURITY_HUB, SENT})


def any_told(globs: Iterable[str]) -> bool:
    """Return whether a glob matches such a source. Nobody has declared the types of its findings."""
    return any(fnmatchcase(source, glob) for glob in globs for source in TOLD)
