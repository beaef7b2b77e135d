"""The router of notices of a deployment, put together from its environment."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.notice import CHAT_TOPIC, ROUTE_TOPICS, ROUTES, TOPIC, Topic
from ringfence.aws.sessions import own_client
from ringfence.handlers.routing import Router
from ringfence.model.document import Document
from ringfence.record.notices.routes import routes_of

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


@cache
def router() -> Router:
    """Return the router of this process."""
    sns = cast("SNSClient", own_client("sns"))
    topics = json.loads(os.environ[ROUTE_TOPICS])
    routes = routes_of(Document.of({ROUTES: json.loads(os.environ[ROUTES])}), ROUTES)
    chat = os.environ.get(CHAT_TOPIC)
    return Router(
        os.environ[TOPIC],
        tuple((one, Topic(sns, topics[one.name])) for one in routes),
        Topic(sns, chat) if chat else None,
    )
