"""Lambda: send notices on, to the topics of routes and of chat channels."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ringfence.handlers import wiring
from ringfence.handlers.queue import execution_of, hidden, work_off
from ringfence.handlers.routing_wiring import router

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> object:
    """Handle messages of the topic for notices."""
    execution = execution_of(context, context.function_name, wiring.now())
    source = wiring.source(os.environ["RINGFENCE_QUEUE_URL"], hidden(context))
    return work_off(event, execution, router().work, source)
