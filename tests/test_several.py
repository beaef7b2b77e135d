"""One subject's failure is not another's."""

from __future__ import annotations

import pytest

from ringfence.core.errors import BadInput, Bug, Refused, Retryable, RingfenceError
from ringfence.several import each


@pytest.mark.parametrize("error", [Retryable("no role there"), BadInput("subject", "is odd"), Bug("oh")])
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
        ((Retryable("later"), Bug("oh")), Bug),
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
