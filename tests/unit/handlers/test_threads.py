"""Functions run side by side, one of them on the calling thread."""

from __future__ import annotations

from functools import partial
from threading import Barrier, get_ident

import pytest

from ringfence.handlers.threads import Threads
from ringfence.model.errors import Retryable

WIDTH = 3


def test_the_last_function_runs_on_the_calling_thread_beside_the_others() -> None:
    meet = Barrier(WIDTH, timeout=60)

    def thread(number: int) -> tuple[int, int]:
        meet.wait()  # none of them goes on before all have begun
        return number, get_ident()

    found = Threads(width=WIDTH)([partial(thread, number) for number in range(WIDTH)])
    assert [one[0] for one in found if isinstance(one, tuple)] == [0, 1, 2]
    threads = [one[1] for one in found if isinstance(one, tuple)]
    assert len(set(threads)) == WIDTH
    assert threads[-1] == get_ident()


def test_more_functions_than_the_width_run_in_the_pool_alone() -> None:
    found = Threads(width=WIDTH)([get_ident] * (WIDTH + 1))
    assert len(found) == WIDTH + 1
    assert get_ident() not in found


def test_an_error_of_the_calling_thread_is_raised_after_the_others_have_ended() -> None:
    begun, ended = Barrier(2, timeout=60), []

    def fails() -> None:
        begun.wait()
        raise Retryable("throttled")

    def works() -> None:
        begun.wait()
        ended.append(True)

    with pytest.raises(Retryable, match="throttled"):
        Threads(width=WIDTH)([works, fails])
    assert ended == [True]


def test_no_functions_have_no_results() -> None:
    assert list(Threads()([])) == []
