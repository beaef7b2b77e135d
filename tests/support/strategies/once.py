"""Build each strategy once: Hypothesis examines a strategy anew each time that it is built."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


def once(factory: Callable[P, T]) -> Callable[P, T]:
    """Have a factory of strategies return the same strategy for the same arguments."""
    return cast("Callable[P, T]", cache(factory))  # which does not know the factory's parameters
