"""One subject's failure is not another's."""

from __future__ import annotations

from threading import Barrier

import pytest

from ringfence.engine.concurrency import each
from ringfence.handlers.threads import Threads
from ringfence.model.errors import BadInput, InternalError, Refused, Retryable, RingfenceError


@pytest.mark.parametrize(
    "error", [Retryable("no role there"), BadInput("subject", "is odd"), InternalError("oh")]
)
def test_every_subject_has_its_turn_before_a_failure_is_told(error: RingfenceError) -> None:
    seen: list[str] = []

    def work(name: str) -> tuple[str, ...]:
        seen.append(name)
        if name == "first":
            raise error
        return ()

    with pytest.raises(type(error)):
        each(("first", "second", "third"), work)
    assert seen == ["first", "second", "third"]


def test_what_must_be_looked_at_again_is_gathered() -> None:
    assert each(("a", "b"), lambda name: (f"{name} settles",)) == ("a settles", "b settles")
    assert each((), lambda _: ("never",)) == ()


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ((BadInput("subject", "is odd"), Retryable("later")), Retryable),
        ((Retryable("later"), InternalError("oh")), InternalError),
        ((Refused("no"), Retryable("later")), Retryable),
    ],
)
def test_what_can_still_succeed_is_tried_again_and_a_bug_rings(
    errors: tuple[RingfenceError, ...], told: type[RingfenceError]
) -> None:
    def work(error: RingfenceError) -> tuple[str, ...]:
        raise error

    with pytest.raises(told):
        each(errors, work)


def test_side_by_side_the_words_come_in_order_and_the_errors_are_gathered_as_well() -> None:
    meet = Barrier(3, timeout=60)

    def work(name: str) -> tuple[str, ...]:
        meet.wait()  # none of them goes on before all have begun
        if name == "second":
            raise Retryable("throttled")
        seen.append(name)
        return (f"{name} settles",)

    seen: list[str] = []
    with pytest.raises(Retryable, match="throttled"):
        each(("first", "second", "third"), work, Threads(width=3))
    assert sorted(seen) == ["first", "third"]
    assert each("cab", lambda name: (name,), Threads(width=3)) == ("c", "a", "b")
    assert each((), work, Threads(width=3)) == ()
