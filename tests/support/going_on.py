"""Run a continuation as a runbook's function does. If nothing has begun, its finding is answered again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.unbegun import NotBegun
from tests.support.worlds import AUTO

if TYPE_CHECKING:
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.engine.run import Engine
    from ringfence.policy.decision import Decision


def gone_on(
    engine: Engine, request: ResponseRequest, decision: Decision = AUTO
) -> tuple[ResponseRequest, ResponseResult]:
    """Return what was run in the end, and its result. `decision` is what the policy says of the finding."""
    try:
        return request, engine.run(request)
    except NotBegun as first:
        again = replace(request, finding=first.received, decision=decision, stages=1, incident="")
        return again, engine.run(again)
