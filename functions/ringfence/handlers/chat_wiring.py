"""What answers the buttons in chat of a deployment, put together from its environment."""

from __future__ import annotations

import os
from functools import cache

from ringfence.aws.signed_http import signed_http
from ringfence.handlers.chat import Buttons
from ringfence.handlers.operator_types import CHAT_API, CHAT_BUTTONS


@cache
def buttons() -> Buttons:
    """Return what answers the buttons of this process."""
    endpoint, region = os.environ.get("AWS_ENDPOINT_URL", ""), os.environ["AWS_REGION"]
    http = signed_http(os.environ[CHAT_API], endpoint, region)
    return Buttons(http, tuple(os.environ[CHAT_BUTTONS].split()))
