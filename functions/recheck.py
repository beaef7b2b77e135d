"""Lambda: verify open contained incidents again, after a call that can undo one and on a schedule."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ringfence.handlers import wiring
from ringfence.handlers.queue import execution_of, hidden, work_off
from ringfence.handlers.rechecks import KeptList, Rechecks, Verifier
from ringfence.handlers.reviews import AT_ONCE
from ringfence.handlers.threads import Threads
from ringfence.runbooks import runbook

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> object:
    """Handle messages with recorded calls. A schedule sends none: then verify every open incident."""
    given = wiring.settings()
    execution = execution_of(context, given.function, wiring.now())
    if "Records" in event:
        return work_off(event, execution, _rechecks().heard, wiring.source(given.queue_url, hidden(context)))
    return {"incidents": _rechecks().look(execution, Threads("ringfence-recheck", AT_ONCE))}


@cache
def _rechecks() -> Rechecks:
    given, listed = wiring.settings(), wiring.containments()
    later = wiring.queue(given.continuation_queue_url)
    later.client()  # made once, before several ask for it
    answering, ports = runbook(given.runbook), wiring.warm()
    return Rechecks(
        Verifier(answering, wiring.policy(), ports, listed, later.send), KeptList(listed, wiring.now)
    )
