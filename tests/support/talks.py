"""Holding a conversation with a facet or a step: the test is the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ringfence.model.call import Failed, SansIO
from ringfence.model.document import Document

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def refusal(code: str, message: str = "no") -> Failed:
    """Return a failure with an error code."""
    return Failed(code, message)
