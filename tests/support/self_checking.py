"""One resource of the self-check, read from a table of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.model.document import Document
from ringfence.self_check.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Answer, Call
    from ringfence.self_check.findings import Problem
    from ringfence.self_check.template import Resource


def judged(resource: Resource, answers: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of a resource. What is not in the table answers with nothing."""
    kind = kinds()[resource.kind]
    talk = kind.read(resource)
    try:
        calls = next(talk)
        while True:
            calls = talk.send(tuple(_answer(one, answers) for one in calls))
    except StopIteration as ended:
        return list(kind.judge(resource, ended.value))


def _answer(call: Call, answers: Mapping[str, Any]) -> Answer:
    found = answers.get(call.operation, {})
    return Document.of(found, call.operation) if isinstance(found, dict) else found
