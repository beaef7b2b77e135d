"""Build each strategy once: Hypothesis examines a strategy anew each time that it is built."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

P = ParamSpec("P")
T = TypeVar("T")


def once(factory: Callable[P, T]) -> Callable[P, T]:
    """Have a factory of strategies return the same strategy for the same arguments."""
    return cast("Callable[P, T]", cache(factory))  # which does not know the factory's parameters


@cache
def one_of(choices: tuple[T, ...]) -> SearchStrategy[T]:
    """Draw one of these, inside a composite strategy too."""
    return st.sampled_from(choices)


@cache
def set_of(choices: tuple[T, ...], most: int | None = None) -> SearchStrategy[frozenset[T]]:
    """Draw some of these, `most` of them at most, inside a composite strategy too."""
    return st.frozensets(one_of(choices), max_size=most)
