"""Several subjects of one finding: what becomes of one does not keep the others from being contained."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ringfence.core.errors import Bug, Retryable, RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


def each(items: Iterable[T], work: Callable[[T], tuple[str, ...]]) -> tuple[str, ...]:
    """Work on every item; return in words what must be looked at again.

    Raises at the end, once every item had its turn, where any of them failed: a Bug before what can be
    tried again, that before what never will work.
    """
    again: list[str] = []
    failed: list[RingfenceError] = []
    for item in items:
        try:
            again.extend(work(item))
        except RingfenceError as error:
            failed.append(error)
    if failed:
        raise min(failed, key=_rank)
    return tuple(again)


def _rank(error: RingfenceError) -> int:
    return 0 if isinstance(error, Bug) else 1 if isinstance(error, Retryable) else 2
