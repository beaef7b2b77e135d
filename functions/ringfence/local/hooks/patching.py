"""Change an emulator in a way that fails at start-up if the changed code no longer exists."""

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
        `owner` has no such function: the hook does not match this version of the emulator.
    """
    original = getattr(owner, name)

    @functools.wraps(original)
    def patched(*args: Any, **kwargs: Any) -> Any:
        return replacement(original, *args, **kwargs)

    setattr(owner, name, patched)


def replace(owner: object, name: str, value: object) -> None:
    """Replace `owner.name`, which must exist, by `value`."""
    getattr(owner, name)
    setattr(owner, name, value)
