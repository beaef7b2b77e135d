"""Decide again about a finding that has a lower severity at its source than in its event. Pure.

The policy decides by the severity of the event, because the source is only asked beside the first read. An
event can be older than the finding, or be sent again by somebody. Then its severity must not decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.intake import Skipped, answers
from ringfence.model.errors import InternalError
from ringfence.model.frozen import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy


def decided_again(
    order: ResponseRequest, severity: float, runbook: Runbook, policy: Policy, execution: ExecutionContext
) -> Iterator[ResponseRequest | Skipped]:
    """Return the requests about the same remediations, with the decisions for this severity."""
    received = order.finding
    if received is None:
        raise InternalError("only a finding has a severity")
    alone = replace(received.finding, severity=severity, subjects=(order.ref,))
    for one in answers(alone, received.event, runbook, policy, execution):
        if isinstance(one, Skipped) or one.finding is None:
            yield one
            continue
        ids = tuple(id_ for id_ in one.runbook.ids if id_ in order.runbook.ids)
        finding = replace(one.finding.finding, subjects=received.finding.subjects)
        if ids:
            yield replace(
                one, runbook=one.runbook.narrowed(ids), finding=replace(one.finding, finding=finding)
            )
