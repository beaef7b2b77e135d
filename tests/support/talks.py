"""Holding a conversation with a facet or a step: the test is the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ringfence.model.call import Failed, SansIO
from ringfence.model.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.call import Call

R = TypeVar("R")
Reply = "Mapping[str, object] | Failed"


def talk(
    conversation: SansIO[R],
    *rounds: tuple[Mapping[str, object] | Failed, ...],
) -> tuple[list[tuple[Call, ...]], R]:
    """Answer each round of calls; return the calls that were asked for and what came of it.

    Errors of the conversation pass through. A failure that its call does not expect is never answered
    with: the driver would not.
    """
    asked = [next(conversation)]
    for answers in rounds:
        calls = asked[-1]
        assert len(answers) == len(calls), f"asked {[call.operation for call in calls]}"
        for call, answer in zip(calls, answers, strict=True):
            assert not isinstance(answer, Failed) or answer.code in call.expected, (call, answer)
        try:
            asked.append(
                conversation.send(
                    tuple(one if isinstance(one, Failed) else Document.of(one) for one in answers)
                )
            )
        except StopIteration as ended:
            assert answers is rounds[-1], "it ended before all answers were used"
            return asked, ended.value
    raise AssertionError(f"it goes on with {[call.operation for call in asked[-1]]}")


def answered(
    conversation: SansIO[R], service: Callable[[Call], Mapping[str, object] | Failed]
) -> tuple[list[tuple[Call, ...]], R]:
    """Answer each call as the service does; return the calls that were asked for and what came of it."""
    asked: list[tuple[Call, ...]] = []
    try:
        asked.append(next(conversation))
        while True:
            answers = [service(call) for call in asked[-1]]
            found = tuple(one if isinstance(one, Failed) else Document.of(one) for one in answers)
            asked.append(conversation.send(found))
    except StopIteration as ended:
        return asked, ended.value


def refusal(code: str, message: str = "no") -> Failed:
    """Return a failure with an error code."""
    return Failed(code, message)
