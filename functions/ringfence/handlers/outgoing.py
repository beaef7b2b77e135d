"""Work off the messages to outputs: read the response, let the output render it, and make its calls.

An output that fails is retried with its own message. The messages of other outputs are handled meanwhile.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.incidents import Response
from ringfence.events.envelope import parse_json
from ringfence.handlers.logs import logger
from ringfence.handlers.output import Told
from ringfence.handlers.output_messages import OutputMessage
from ringfence.model.errors import Retryable
from ringfence.model.resource_names import OUTPUTS, PREFIX, runbook_ids
from ringfence.runbooks import runbook as runbook_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.engine.again import Again
    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.findings import Event
    from ringfence.handlers.output import Errand, Output, Site
    from ringfence.handlers.proof import Proof
    from ringfence.model.call import SansIO
    from ringfence.record.chain import Entry

MOST_ROUNDS = 5
"""How often the newest state is sent for one message. If the log still grows, the message returns."""


@dataclass(frozen=True)
class Outgoing:
    """Tells outputs.

    Attributes
    ----------
    outputs : mapping of str to (Output, Site)
        The outputs that are on, by their ids.
    entries : function of Response
        Reads the entries of a response. Raises Retryable.
    ask : function of Output, str, str and a generator
        Makes the calls of a generator in an account and region. Raises Retryable.
    """

    outputs: Mapping[str, tuple[Output, Site]]
    entries: Callable[[Response], tuple[Entry, ...]]
    ask: Callable[[Output, str, str, SansIO[None]], None]

    def work(self, body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        """Handle a message. Raises BadInput, Forged and Retryable."""
        del execution
        proof.check()
        message = OutputMessage.of(parse_json(body))
        if message.output not in self.outputs:
            logger().info("this output is off", extra={"output": message.output})
            return ()
        if message.key.runbook in runbook_ids():
            runbook_of(message.key.runbook)  # so that its steps can be read
        self._tell(message, *self.outputs[message.output])
        return ()

    def _tell(self, message: OutputMessage, output: Output, site: Site) -> None:
        response = Response(message.key, message.incident)
        entries = self._read(response, message.last)
        for _ in range(MOST_ROUNDS):
            told = Told(message.key, entries, range(message.first, message.last + 1))
            for errand in output.errands(told, site):
                self._make(output, errand)
            # Another execution can have written a newer state, before this one wrote an older state over it.
            newer = self._read(response, message.last) if output.standing else entries
            if len(newer) == len(entries):
                return
            entries = newer
        raise Retryable("the incident changes all the time")

    def _read(self, response: Response, last: int) -> tuple[Entry, ...]:
        entries = self.entries(response)
        if len(entries) <= last:
            raise Retryable(f"the log does not have entry {last} of {response.incident}")
        return entries

    def _make(self, output: Output, errand: Errand) -> None:
        self.ask(output, errand.account, errand.region, errand.talk())


def work_through(event: Event, context: LambdaContext) -> Event:
    """Handle the messages of the queue. Return those that must be retried."""
    from ringfence.handlers import wiring
    from ringfence.handlers.output_wiring import outgoing
    from ringfence.handlers.queue import execution_of, hidden, work_off

    url = os.environ["RINGFENCE_QUEUE_URL"]
    execution = execution_of(context, f"{PREFIX}{OUTPUTS}", wiring.now())
    return work_off(event, execution, outgoing().work, wiring.source(url, hidden(context)))
