"""Take in events that contain findings of other services, and pass each finding on to its runbooks.

The function decides nothing: the function of a runbook parses what it gets, checks its claim at its source
and asks the policy, as for every event.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ringfence.engine.concurrency import each
from ringfence.engine.routing import answering
from ringfence.events.envelope import NotForUs, parse_json
from ringfence.events.taken_in import incoming, newest
from ringfence.handlers import wiring
from ringfence.handlers.links import heard
from ringfence.handlers.logs import logger
from ringfence.handlers.queue import execution_of, hidden, work_off
from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput, InternalError
from ringfence.model.resource_names import INTAKE, PREFIX
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.engine.again import Again
    from ringfence.engine.intake import ExecutionContext
    from ringfence.events.taken_in import Incoming
    from ringfence.handlers.findings import Event
    from ringfence.handlers.proof import Proof
    from ringfence.model.runbook import Runbook
    from ringfence.policy.mappings import Mapped


@dataclass(frozen=True)
class Intake:
    """Routes findings. `send` sends a message to a queue by its name, without the prefix."""

    runbooks: Mapping[str, Runbook]
    names: Mapping[str, str]
    home: str
    send: Callable[[str, str], None]
    mappings: tuple[Mapped, ...] = ()

    def work(self, body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        """Pass on each finding of a message. Raises BadInput, Forged and Retryable.

        An invalid finding among others returns to the queue by itself, and then becomes a dead letter.
        """
        proof.check()
        if heard(body, INTAKE, self.home):
            return ()
        found = newest(incoming(parse_json(body)), execution.circumstances.now)
        alone = len(found) == 1

        def one(part: Incoming) -> tuple[Again, ...]:
            try:
                self.pass_on(part, execution.circumstances.now)
            except BadInput:
                if alone:
                    raise
                self.send(INTAKE, canonical(part.alone))
            return ()

        return each(found, one)

    def pass_on(self, part: Incoming, now: datetime | None) -> None:
        """Send one finding to the first queue of each runbook that answers it. Raises BadInput, Retryable."""
        if now is None:
            raise InternalError("a finding is taken in at some time")
        event = part.at_its_time(now)
        to = (
            event
            if isinstance(event, NotForUs)
            else answering(event, self.runbooks, self.names, self.mappings)
        )
        if isinstance(to, NotForUs):
            logger().info("no runbook answers this finding", extra={"place": part.place, "why": to.reason})
            return
        for runbook in to:
            self.send(runbook, canonical(event))
        logger().info("passed on", extra={"place": part.place, "runbooks": to})


def work_through(event: Event, context: LambdaContext) -> Event:
    """Handle the messages of the intake's queue. Return those that must be retried."""
    url = os.environ["RINGFENCE_QUEUE_URL"]
    execution = execution_of(context, f"{PREFIX}{INTAKE}", wiring.now())
    return work_off(event, execution, _intake().work, wiring.source(url, hidden(context)))


@cache
def _intake() -> Intake:
    policy = wiring.policy()
    return Intake(CATALOGUE, dict(policy.config_rules), policy.own.home, _send, policy.mappings)


def _send(name: str, body: str) -> None:
    """Send a message to a queue of Ringfence. All of them are beside the intake's own."""
    beside = os.environ["RINGFENCE_QUEUE_URL"].rpartition("/")[0]
    wiring.queue(f"{beside}/{PREFIX}{name}").send(body)
