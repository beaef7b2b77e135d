"""One resource of the self-check, read from a table of answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ringfence.model.document import Document
from ringfence.self_check.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.call import Answer, Call, SansIO
    from ringfence.self_check.findings import Problem
    from ringfence.self_check.template import Resource


def finished(talk: SansIO[Any], answer: Callable[[Call], Answer]) -> Any:  # noqa: ANN401 - as the read returns
    """Run a read to its end. `answer` answers each call."""
    try:
        calls = next(talk)
        while True:
            calls = talk.send(tuple(map(answer, calls)))
    except StopIteration as ended:
        return ended.value


def judged(resource: Resource, answers: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of a resource. What is not in the table answers with nothing."""
    kind = kinds()[resource.kind]
    return list(kind.judge(resource, finished(kind.read(resource), partial(_answer, answers))))


def _answer(answers: Mapping[str, Any], call: Call) -> Answer:
    found = answers.get(call.operation, {})
    return Document.of(found, call.operation) if isinstance(found, dict) else found
