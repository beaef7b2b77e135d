"""What looks at flow logs in a deployment, put together from the environment of its function."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING

from ringfence.aws.athena import AthenaQueries
from ringfence.aws.sessions import own_client
from ringfence.aws.signed_http import signed_http
from ringfence.handlers import wiring
from ringfence.handlers.live_activity import FindingsApi
from ringfence.handlers.network_looks import NetworkLooks
from ringfence.handlers.queue import execution_of, hidden, work_off
from ringfence.insights.daily import ACCOUNTS, SAVED, TO_API, WORKGROUP, deployed
from ringfence.model.resource_names import NETWORK, PREFIX

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event

_QUEUE = "RINGFENCE_QUEUE_URL"


def work_through(event: Event, context: LambdaContext) -> Event:
    """Handle the messages of the queue. Return those that must be retried."""
    execution = execution_of(context, f"{PREFIX}{NETWORK}", wiring.now())
    return work_off(event, execution, looks().work, wiring.source(os.environ[_QUEUE], hidden(context)))


@cache
def looks() -> NetworkLooks:
    """Return what looks at flow logs in this process."""
    endpoint, region = os.environ.get("AWS_ENDPOINT_URL", ""), os.environ["AWS_REGION"]
    api = FindingsApi(signed_http(os.environ[TO_API], endpoint, region))
    saved = json.loads(os.environ[SAVED])
    queries = AthenaQueries(own_client("athena"), os.environ[WORKGROUP], saved)
    send = wiring.queue(os.environ[_QUEUE]).send
    known = tuple(one for one in deployed() if one.id in saved)
    return NetworkLooks(tuple(os.environ[ACCOUNTS].split()), known, queries, send, api.send)
