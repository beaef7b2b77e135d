"""Lambda: contain what a finding names (`handler`), and run every stage after containment (`resume`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers import cold_start, findings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> Event:
    """Answer the findings in the runbook's first queue."""
    try:
        return findings.work_through(event, context, findings.contain)
    finally:
        cold_start.over()


def resume(event: Event, context: LambdaContext) -> Event:
    """Take up the continuations in the second queue: containment is verified once more."""
    cold_start.over()
    return findings.work_through(event, context, findings.resume)
