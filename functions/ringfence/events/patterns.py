"""EventBridge patterns within the service's limit: "Amazon EventBridge quotas"."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.model.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

PATTERN_LIMIT = 2048
"""Characters. EventBridge refuses longer patterns."""


def within_limit(
    names: Iterable[str], pattern: Callable[[list[str]], Mapping[str, object]]
) -> Iterator[Mapping[str, object]]:
    """Yield patterns for all names in order, each with as many names as the limit allows."""
    chunk: list[str] = []
    for name in names:
        if _length(pattern([*chunk, name])) >= PATTERN_LIMIT:
            if not chunk:
                raise InternalError(f"no pattern can hold {name}")
            yield pattern(chunk)
            chunk = []
        chunk.append(name)
    if chunk:
        yield pattern(chunk)


def _length(pattern: Mapping[str, object]) -> int:
    return len(json.dumps(pattern))  # with spaces, so that every way to write it fits
