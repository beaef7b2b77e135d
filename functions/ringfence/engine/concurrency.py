"""Handle several subjects of one finding. A failure of one must not prevent the containment of others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ringfence.model.errors import InternalError, Retryable, RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ringfence.engine.ports import SideBySide

T = TypeVar("T")
R = TypeVar("R")


def in_turn(functions: Sequence[Callable[[], object]]) -> Sequence[object]:
    """Run functions one after another."""
    return [function() for function in functions]


def each(
    items: Iterable[T], work: Callable[[T], tuple[R, ...]], side_by_side: SideBySide = in_turn
) -> tuple[R, ...]:
    """Handle every item. Return what must be read again.

    Raises an error at the end if any item failed: an InternalError first, then a retryable error, then a
    permanent one.
    """
    again: list[R] = []
    failed: list[RingfenceError] = []
    for ended in side_by_side([partial(_ended, work, item) for item in items]):
        if isinstance(ended, RingfenceError):
            failed.append(ended)
        elif isinstance(ended, tuple):
            again.extend(ended)
    if failed:
        raise min(failed, key=_rank)
    return tuple(again)


def _ended(work: Callable[[T], tuple[R, ...]], item: T) -> tuple[R, ...] | RingfenceError:
    try:
        return work(item)
    except RingfenceError as error:
        return error


def _rank(error: RingfenceError) -> int:
    return 0 if isinstance(error, InternalError) else 1 if isinstance(error, Retryable) else 2
