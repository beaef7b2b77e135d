"""How hooks change an emulator: in one way, which fails at start-up when what it changes is gone."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def around(owner: object, name: str, replacement: Callable[..., Any]) -> None:
    """Make `owner.name(…)` call `replacement(original, …)`.

    Raises
    ------
    AttributeError
        `owner` has no such function: the emulator's version is not the one this hook was written for.

    """
    original = getattr(owner, name)

    @functools.wraps(original)
    def patched(*args: Any, **kwargs: Any) -> Any:
        return replacement(original, *args, **kwargs)

    setattr(owner, name, patched)


def replace(owner: object, name: str, value: object) -> None:
    """Put `value` in the place of `owner.name`, which must exist."""
    getattr(owner, name)
    setattr(owner, name, value)
